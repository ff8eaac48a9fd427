use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn set(&mut self, value: Result<&str, u8>) {
        let _ = value;
    }
}

fn main() {}
