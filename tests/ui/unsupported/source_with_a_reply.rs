use actor_runtime::{Reply, actor};

pub struct Cache;

#[actor]
impl Cache {
    #[on(std::future::ready(1))]
    fn done(&mut self, reply: Reply<u8>) {
        reply.send(1);
    }
}

fn main() {}
