use actor_runtime::actor;

#[actor]
pub type Cache = u8;

fn main() {}
