use actor_runtime::actor;

pub struct Cache;

pub struct Value;

#[actor(errors = default)]
impl Cache {
    pub fn get(&self) -> Value {
        Value
    }
}

fn main() {}
