use std::collections::HashMap;

use actor_runtime::{Reply, ReplyStream};
use actor_runtime::actor;

#[derive(Default)]
pub struct Exchange {
    waiting: HashMap<u64, Reply<String>>,
    history: Vec<String>,
}

#[actor]
impl Exchange {
    #[command(try)]
    pub fn ask(&mut self, id: u64, reply: Reply<String>) {
        self.waiting.insert(id, reply);
    }

    pub fn answer(&mut self, id: u64, text: String) {
        self.history.push(text.clone());
        if let Some(reply) = self.waiting.remove(&id) {
            reply.send(text);
        }
    }

    #[command(try)]
    pub async fn history(&self, mut reply: ReplyStream<String>) {
        for text in &self.history {
            if reply.send(text.clone()).await.is_err() {
                return;
            }
        }
        reply.finish();
    }
}

fn main() {}
