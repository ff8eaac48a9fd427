use actor_runtime::actor;

pub struct Cache;

#[actor(on_stopped = default)]
impl Cache {
    pub fn get(&self) -> u8 {
        1
    }
}

fn main() {}
