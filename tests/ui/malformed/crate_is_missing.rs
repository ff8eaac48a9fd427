use actor_runtime::actor;

pub struct Cache;

#[actor(crate)]
impl Cache {
}

fn main() {}
