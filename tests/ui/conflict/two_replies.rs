use actor_runtime::{Reply, actor};

pub struct Cache;

#[actor]
impl Cache {
    pub fn ask(&mut self, one: Reply<u8>, two: Reply<u8>) {
        one.send(1);
        two.send(2);
    }
}

fn main() {}
