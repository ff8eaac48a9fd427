use actor_runtime::actor;

pub struct Cache;

#[actor(default)]
impl Cache {
    pub fn get(&self) {}
}

fn main() {}
