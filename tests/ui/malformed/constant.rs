use actor_runtime::actor;

#[actor]
pub const CACHE: u8 = 1;

fn main() {}
