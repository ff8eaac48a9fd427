use actor_runtime::actor;

pub struct Cache;

#[actor(try)]
impl Cache {
    pub fn set(&mut self) {}

    pub fn try_set(&mut self) {}
}

fn main() {}
