use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn set<T: ToString>(&mut self, value: T) {
        value.to_string();
    }
}

fn main() {}
