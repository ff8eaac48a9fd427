use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[watch]
    pub fn len(&self, depth: u8) -> usize {
        depth.into()
    }
}

fn main() {}
