use actor_runtime::actor;

#[actor]
pub trait Cache {}

fn main() {}
