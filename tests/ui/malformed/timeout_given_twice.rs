use std::time::Duration;

use actor_runtime::actor;

pub struct Cache;

#[actor(timeout = Duration::ZERO, timeout = Duration::MAX)]
impl Cache {
    pub fn len(&self) -> usize {
        0
    }
}

fn main() {}
