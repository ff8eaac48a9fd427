use actor_runtime::actor;

pub struct Cache;

#[actor(try = true)]
impl Cache {
    pub fn set(&mut self) {}
}

fn main() {}
