use actor_runtime::actor;

pub struct Cache;

#[actor(capactiy = 8)]
impl Cache {
    pub fn get(&self) -> u8 {
        1
    }
}

fn main() {}
