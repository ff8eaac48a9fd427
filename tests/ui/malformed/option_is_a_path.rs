use actor_runtime::actor;

pub struct Cache;

#[actor(actor_runtime::local)]
impl Cache {
}

fn main() {}
