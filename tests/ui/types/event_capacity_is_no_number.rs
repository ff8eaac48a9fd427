use actor_runtime::actor;

const CAPACITY: &str = "8";

pub struct Cache;

#[actor(event = u8, event_capacity = CAPACITY)]
impl Cache {
    pub fn len(&self) -> usize {
        0
    }
}

fn main() {}
