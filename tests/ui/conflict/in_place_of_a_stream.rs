use actor_runtime::{ReplyStream, actor};

struct Log(Vec<String>);

#[actor]
impl Log {
    #[command(in_place)]
    pub fn lines(&self, reply: ReplyStream<String>) {
        reply.finish();
    }
}

fn main() {}
