use actor_runtime::actor;

#[actor]
pub mod cache {}

fn main() {}
