use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(try)]
    pub fn get(&self) -> u8 {
        1
    }

    pub fn try_get(&self, buffer: &mut Vec<u8>) {
        buffer.clear();
    }
}

fn main() {}
