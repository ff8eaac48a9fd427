use actor_runtime::actor;

#[actor]
pub struct Cache;

fn main() {}
