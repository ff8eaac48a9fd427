use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn get(&self) -> [u8] {
        unimplemented!()
    }
}

fn main() {}
