use std::rc::Rc;

use actor_runtime::{Actor as _, CancellationToken, actor};

pub struct Cache<T>(T);

#[actor]
impl<T: Clone> Cache<T> {
    pub fn get(&self) -> T {
        self.0.clone()
    }
}

fn main() {
    Cache(Rc::new(1)).spawn(CancellationToken::new());
}
