use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn extend(&mut self, values: impl Iterator<Item = u8>) {
        drop(values);
    }
}

fn main() {}
