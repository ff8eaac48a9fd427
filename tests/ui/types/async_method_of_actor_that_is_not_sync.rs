use std::cell::Cell;

use actor_runtime::actor;

pub struct Cache {
    hits: Cell<usize>,
}

#[actor]
impl Cache {
    pub async fn get(&self) -> usize {
        self.hits.get()
    }
}

fn main() {}
