use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn set<const N: usize>(&mut self, bytes: [u8; N]) {
        drop(bytes);
    }
}

fn main() {}
