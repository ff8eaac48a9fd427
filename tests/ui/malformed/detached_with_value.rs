use actor_runtime::actor;

pub struct Cache;

#[actor(detached = true)]
impl Cache {
    pub fn len(&self) -> usize {
        0
    }
}

fn main() {}
