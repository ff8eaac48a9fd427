use actor_runtime::{Reply, actor};

pub struct Cache;

#[actor]
impl Cache {
    #[command(batch = 8)]
    pub fn add(&mut self, rows: Vec<u8>, reply: Reply<u8>) {
        drop(rows);
        reply.send(1);
    }
}

fn main() {}
