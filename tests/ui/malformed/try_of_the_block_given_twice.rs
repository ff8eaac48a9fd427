use actor_runtime::actor;

pub struct Cache;

#[actor(try, blocking, try)]
impl Cache {
    pub fn set(&mut self) {}
}

fn main() {}
