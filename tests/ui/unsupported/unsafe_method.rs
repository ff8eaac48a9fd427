use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub unsafe fn set(&mut self) {}
}

fn main() {}
