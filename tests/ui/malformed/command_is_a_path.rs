use actor_runtime::actor;

pub struct Cache;

#[actor(command = commands::Request)]
impl Cache {
}

fn main() {}
