use actor_runtime::actor;

const LIMIT: u8 = 8;

pub struct Cache;

#[actor]
impl Cache {
    #[command(batch = LIMIT)]
    pub fn add(&mut self, rows: Vec<u8>) {
        drop(rows);
    }
}

fn main() {}
