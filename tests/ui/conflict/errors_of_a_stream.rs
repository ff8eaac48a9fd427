use actor_runtime::{ReplyStream, actor};

pub struct Cache;

#[actor]
impl Cache {
    #[command(errors = default)]
    pub fn list(&self, reply: ReplyStream<u8>) {
        reply.finish();
    }
}

fn main() {}
