use actor_runtime::actor;

pub struct Cache;

#[actor(client = Handle<T>)]
impl Cache {
}

fn main() {}
