use actor_runtime::actor;

pub struct Cache;

#[actor(vis = pub(module))]
impl Cache {
}

fn main() {}
