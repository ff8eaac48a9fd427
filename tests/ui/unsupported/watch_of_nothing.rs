use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[watch]
    pub fn len(&self) {}
}

fn main() {}
