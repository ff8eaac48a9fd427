use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn new() -> Self {
        Self
    }
}

fn main() {}
