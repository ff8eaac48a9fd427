use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[watch]
    pub fn clone(&self) -> usize {
        0
    }
}

fn main() {}
