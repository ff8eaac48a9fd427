use actor_runtime::actor;

pub struct Cache<T>(T);

#[actor]
impl<T> Cache<T> {
    pub fn set(&mut self, value: &T) {
        let _ = value;
    }
}

fn main() {}
