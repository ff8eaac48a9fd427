use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[watch]
    pub fn len(&mut self) -> usize {
        0
    }
}

fn main() {}
