use actor_runtime::actor;

pub struct Cache;

#[actor(capacity = (0))]
impl Cache {
}

fn main() {}
