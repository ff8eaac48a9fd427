use actor_runtime::actor;

pub struct Cache;

#[actor(errors = error)]
impl Cache {
    pub fn get(&self) -> u8 {
        1
    }
}

fn main() {}
