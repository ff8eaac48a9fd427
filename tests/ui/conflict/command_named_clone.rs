use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn clone(&self) -> u8 {
        0
    }
}

fn main() {}
