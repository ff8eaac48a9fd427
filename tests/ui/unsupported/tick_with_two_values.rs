use std::time::Instant;

use actor_runtime::actor;

struct Clock;

#[actor]
impl Clock {
    #[every(std::time::Duration::from_secs(1))]
    fn tick(&mut self, _now: Instant, _count: u32) {}
}

fn main() {}
