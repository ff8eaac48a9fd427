use actor_runtime::actor;

pub struct Cache;

#[actor(deadline = 5)]
impl Cache {
    pub fn len(&self) -> usize {
        0
    }
}

fn main() {}
