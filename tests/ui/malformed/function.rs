use actor_runtime::actor;

#[actor]
pub fn cache() {}

fn main() {}
