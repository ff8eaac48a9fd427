//! Timeouts of the block and of a command: a call, a cast, a stream of replies and their twins.

use actor_runtime::ReplyStream;
use actor_runtime::actor;

pub struct Printer {
    pages: Vec<String>,
}

#[actor(timeout = std::time::Duration::from_secs(5))]
impl Printer {
    #[command(try, blocking)]
    pub fn print(&mut self, page: String) -> usize {
        self.pages.push(page);
        self.pages.len()
    }

    #[command(timeout = Self::PATIENCE, errors = default)]
    pub fn clear(&mut self) {
        self.pages.clear();
    }

    pub fn list(&self, mut reply: ReplyStream<String>) {
        for page in &self.pages {
            if reply.try_send(page.clone()).is_err() {
                return;
            }
        }
        reply.finish();
    }
}

impl Printer {
    const PATIENCE: std::time::Duration = std::time::Duration::from_millis(100);
}

fn main() {}
