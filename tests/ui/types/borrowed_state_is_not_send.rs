use std::cell::Cell;

use actor_runtime::actor;

pub struct Cache<'a>(&'a Cell<u8>);

#[actor]
impl Cache<'_> {
    pub fn set(&mut self, value: u8) {
        self.0.set(value);
    }
}

fn main() {}
