use actor_runtime::actor;

pub struct Cache;

pub struct Value;

#[actor(on_stopped = default)]
impl Cache {
    pub fn get(&self) -> Value {
        Value
    }
}

fn main() {}
