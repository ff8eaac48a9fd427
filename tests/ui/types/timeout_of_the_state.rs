use std::time::Duration;

use actor_runtime::actor;

pub struct Cache {
    pub patience: Duration,
}

#[actor(timeout = self.patience)]
impl Cache {
    pub fn len(&self) -> usize {
        0
    }
}

fn main() {}
