use actor_runtime::{Reply, actor};

pub struct Cache;

#[actor]
impl Cache {
    pub fn ask(&mut self, reply: Reply<&str>) {
        reply.send("");
    }
}

fn main() {}
