use actor_runtime::actor;

pub struct Event;

pub struct Cache;

#[actor(event = Event)]
impl Cache {
    pub fn len(&self) -> usize {
        0
    }
}

fn main() {}
