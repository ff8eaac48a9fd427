use actor_runtime::actor;

pub struct Cache<E>(E);

#[actor(errors = into)]
impl<E: Clone> Cache<E> {
    pub fn get(&self) -> Result<u8, E> {
        Err(self.0.clone())
    }
}

fn main() {}
