use actor_runtime::{Reply, actor};

pub struct Cache;

#[actor]
impl Cache {
    pub fn ask(&mut self, #[cfg(unix)] reply: Reply<u8>) {
        #[cfg(unix)]
        reply.send(1);
    }
}

fn main() {}
