use std::task::Context;

use actor_runtime::actor;

pub struct Counter(u32);

#[actor]
impl Counter {
    pub fn add(&mut self, n: u32, context: &mut Context<'_>) {
        let _ = context;
        self.0 += n;
    }
}

fn main() {}
