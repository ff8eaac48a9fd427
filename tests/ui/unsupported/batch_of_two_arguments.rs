use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(batch = 8)]
    pub fn add(&mut self, keys: Vec<u8>, values: Vec<u8>) {
        drop((keys, values));
    }
}

fn main() {}
