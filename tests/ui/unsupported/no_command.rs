use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    fn get(&self) -> u8 {
        1
    }

    fn clear(&mut self) {}
}

fn main() {}
