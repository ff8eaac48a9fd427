use actor_runtime::actor;

pub struct Value;

pub struct Cache;

#[actor]
impl Cache {
    pub fn set(&mut self, value: Option<&Value>) {
        let _ = value;
    }
}

fn main() {}
