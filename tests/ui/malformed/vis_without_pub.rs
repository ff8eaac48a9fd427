use actor_runtime::actor;

pub struct Cache;

#[actor(vis = crate)]
impl Cache {
}

fn main() {}
