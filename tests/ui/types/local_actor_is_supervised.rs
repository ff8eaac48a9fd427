use std::rc::Rc;

use actor_runtime::{Supervisor, actor};

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
    let cache = Supervisor::new(|| Cache { shared: "".into() });
    let _ = cache.capacity(8).spawn();
}
