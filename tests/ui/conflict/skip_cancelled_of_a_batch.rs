use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(batch = 8, skip_cancelled)]
    pub fn add(&mut self, rows: Vec<u8>) -> Vec<u8> {
        rows
    }
}

fn main() {}
