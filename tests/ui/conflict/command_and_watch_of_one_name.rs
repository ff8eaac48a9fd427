use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn len(&self) -> usize {
        0
    }

    #[watch]
    pub fn len(&self) -> usize {
        1
    }
}

fn main() {}
