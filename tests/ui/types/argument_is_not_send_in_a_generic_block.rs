use std::rc::Rc;

use actor_runtime::{Actor as _, CancellationToken, actor};

pub struct Cache<T>(T);

#[actor]
impl<T> Cache<T> {
    pub fn set(&mut self, value: Rc<T>) {
        drop(value);
    }
}

fn main() {
    Cache(1).spawn(CancellationToken::new());
}
