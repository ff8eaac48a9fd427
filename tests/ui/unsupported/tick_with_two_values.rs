use std::time::Duration;

use actor_runtime::actor;
use tokio::time::Instant;

struct Clock;

#[actor]
impl Clock {
    #[every(Duration::from_secs(1))]
    fn tick(&mut self, _now: Instant, _count: u32) {}
}

fn main() {}
