use std::time::Duration;

use actor_runtime::actor;

pub struct Cache;

#[actor(timeout = Duration::from_secs(1))]
impl Cache {
    #[command(in_place)]
    pub fn len(&self) -> usize {
        0
    }
}

fn main() {}
