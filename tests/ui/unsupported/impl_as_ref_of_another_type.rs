use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn set(&mut self, value: impl AsRef<u8>) {
        value.as_ref();
    }
}

fn main() {}
