use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[watch]
    fn len(&self) -> usize {
        0
    }
}

fn main() {}
