use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn len(&self) -> usize {
        0
    }

    #[at]
    fn expire(&mut self) {}
}

fn main() {}
