use actor_runtime::actor;

pub struct Cache;

#[actor]
#[command(try)]
impl Cache {
    pub fn get(&self) -> u8 {
        1
    }
}

fn main() {}
