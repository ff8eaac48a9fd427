use std::cell::Cell;

use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[watch]
    pub fn health(&self) -> Cell<u8> {
        Cell::new(1)
    }
}

fn main() {}
