use actor_runtime::{Reply, actor};

pub struct Cache(Vec<u8>);

#[actor]
impl Cache {
    #[command(last)]
    pub fn into_values(self, reply: Reply<Vec<u8>>) {
        reply.send(self.0);
    }
}

fn main() {}
