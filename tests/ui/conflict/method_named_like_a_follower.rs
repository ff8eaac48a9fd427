use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[watch]
    pub fn len(&self) -> usize {
        0
    }

    pub fn watch_len(&self) -> usize {
        1
    }
}

fn main() {}
