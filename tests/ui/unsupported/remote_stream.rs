use actor_runtime::{ReplyStream, actor};

struct Log;

#[actor(remote)]
impl Log {
    pub fn lines(&self, reply: ReplyStream<String>) {
        drop(reply);
    }
}

fn main() {}
