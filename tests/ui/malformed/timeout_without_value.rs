use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(timeout)]
    pub fn len(&self) -> usize {
        0
    }
}

fn main() {}
