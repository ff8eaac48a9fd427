use actor_runtime::ReplyStream;
use actor_runtime::actor;

pub struct Log {
    lines: Vec<String>,
}

#[actor(try, blocking)]
impl Log {
    pub fn add(&mut self, line: String) {
        self.lines.push(line);
    }

    #[command(try)]
    pub fn last(&self) -> Option<String> {
        self.lines.last().cloned()
    }

    // A stream is read by async code, so this has no `blocking_all`.
    pub async fn all(&self, mut reply: ReplyStream<String>) {
        for line in &self.lines {
            if reply.send(line.clone()).await.is_err() {
                return;
            }
        }
        reply.finish();
    }
}

fn main() {}
