use actor_runtime::actor;

pub struct Cache;

const DEPTH: &str = "8";

#[actor(capacity = DEPTH)]
impl Cache {
    pub fn len(&self) -> usize {
        0
    }
}

fn main() {}
