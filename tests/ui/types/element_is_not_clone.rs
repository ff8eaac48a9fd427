use actor_runtime::actor;

pub struct Value;

pub struct Cache;

#[actor]
impl Cache {
    pub fn set(&mut self, values: &[Value]) {
        let _ = values;
    }
}

fn main() {}
