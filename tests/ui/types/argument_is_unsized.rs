use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn set(&mut self, value: str) {
        let _ = value;
    }
}

fn main() {}
