use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[comand(try)]
    pub fn get(&self) -> u8 {
        1
    }
}

fn main() {}
