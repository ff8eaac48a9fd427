use actor_runtime::actor;

pub struct Cache;

#[actor(errors = defualt)]
impl Cache {
    pub fn get(&self) -> u8 {
        1
    }
}

fn main() {}
