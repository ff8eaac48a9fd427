use std::time::Duration;

use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(in_place, timeout = Duration::from_secs(1))]
    pub fn len(&self) -> usize {
        0
    }
}

fn main() {}
