use actor_runtime::{Reply, actor};

pub struct Cache;

#[actor]
impl Cache {
    pub fn ask(&mut self, reply: Reply<u8>) -> u8 {
        reply.send(1);
        2
    }
}

fn main() {}
