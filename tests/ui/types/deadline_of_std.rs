use std::time::Instant;

use actor_runtime::actor;

pub struct Cache {
    next_expiry: Option<Instant>,
}

#[actor]
impl Cache {
    pub fn len(&self) -> usize {
        0
    }

    #[at(self.next_expiry)]
    fn expire(&mut self) {}
}

fn main() {}
