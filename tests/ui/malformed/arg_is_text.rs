use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(batch = 8, arg = "row")]
    pub fn add(&mut self, rows: Vec<u8>) {
        drop(rows);
    }
}

fn main() {}
