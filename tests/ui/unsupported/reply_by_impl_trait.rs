use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn get(&self) -> impl Iterator<Item = u8> + use<> {
        std::iter::empty()
    }
}

fn main() {}
