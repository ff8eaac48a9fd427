#![deny(unused_must_use)]

use actor_runtime::{Actor, CancellationToken, actor};

pub struct Cache;

#[actor]
impl Cache {
    pub fn get(&self) {}
}

fn main() {
    Cache.spawn(CancellationToken::new());
}
