use actor_runtime::actor;

#[actor]
pub enum Cache {}

fn main() {}
