use std::rc::Rc;

use actor_runtime::actor;

struct Log(Vec<Rc<str>>);

#[actor(local, in_place)]
impl Log {
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

fn main() {}
