use actor_runtime::actor;

pub struct Cache;

#[actor(timeout = 5)]
impl Cache {
    pub fn len(&self) -> usize {
        0
    }

    pub fn clear(&mut self) {}
}

fn main() {}
