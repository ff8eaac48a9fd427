use actor_runtime::actor;
use std::borrow::Cow;

pub struct Cache;

#[actor]
impl Cache {
    pub fn set(&mut self, value: Cow<str>) {
        let _ = value;
    }

    pub fn get(&self) -> Option<Cow<[u8]>> {
        None
    }
}

fn main() {}
