use actor_runtime::actor;

pub struct Cache;

#[actor(name = Handle)]
impl Cache {
    pub fn get(&self) {}
}

fn main() {}
