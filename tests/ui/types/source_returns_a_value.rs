use std::time::Duration;

use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn len(&self) -> usize {
        0
    }

    #[every(Duration::from_secs(1))]
    fn tick(&mut self) -> bool {
        true
    }
}

fn main() {}
