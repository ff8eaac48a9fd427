use std::time::{Duration, Instant};

use actor_runtime::actor;

struct Clock;

#[actor]
impl Clock {
    #[every(Duration::from_secs(1))]
    fn tick(&mut self, _now: Instant, _count: u32) {}
}

fn main() {}
