use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(batch = 8)]
    pub fn add(&mut self, rows: Vec<u8>) -> usize {
        rows.len()
    }
}

fn main() {}
