use actor_runtime::actor;

pub struct Cache;

#[actor(event = u32)]
impl Cache {
    pub fn subscribe(&self) -> usize {
        0
    }
}

fn main() {}
