use actor_runtime::actor;

pub struct Cache;

#[actor(capacity = 8; local)]
impl Cache {
}

fn main() {}
