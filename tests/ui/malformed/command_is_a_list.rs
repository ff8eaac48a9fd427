use actor_runtime::actor;

pub struct Cache;

#[actor(command(Request))]
impl Cache {
}

fn main() {}
