use actor_runtime::{Reply, actor};

pub struct Cache;

#[actor]
impl Cache {
    #[command(ack)]
    pub fn ask(&mut self, reply: Reply<u8>) {
        reply.send(1);
    }
}

fn main() {}
