use actor_runtime::actor;

pub struct Cache;

#[actor(event = u32, event_capacity = 0)]
impl Cache {
    pub fn len(&self) -> usize {
        0
    }
}

fn main() {}
