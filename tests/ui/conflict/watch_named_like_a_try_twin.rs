use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(try)]
    pub fn len(&self) -> usize {
        0
    }

    #[watch]
    pub fn try_len(&self) -> usize {
        1
    }
}

fn main() {}
