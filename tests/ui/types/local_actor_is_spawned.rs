use std::rc::Rc;

use actor_runtime::{Actor as _, CancellationToken, actor};

pub struct Cache {
    shared: Rc<str>,
}

#[actor(local)]
impl Cache {
    pub fn get(&self) -> usize {
        Rc::strong_count(&self.shared)
    }
}

fn main() {
    let cache = Cache { shared: "".into() };
    cache.spawn(CancellationToken::new());
}
