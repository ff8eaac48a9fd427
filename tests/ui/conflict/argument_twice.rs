use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn set(&mut self, key: u8, key: u8) {
        let _ = key;
    }
}

fn main() {}
