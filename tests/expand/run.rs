use std::collections::HashMap;

use actor_runtime::actor;
use actor_runtime::{Actor, Context, Inbox, StopReason};

#[derive(Default)]
pub struct Store {
    rows: HashMap<String, String>,
}

#[actor]
impl Store {
    pub fn insert(&mut self, key: String, value: String) {
        self.rows.insert(key, value);
    }

    pub fn get(&self, key: &str) -> Option<String> {
        self.rows.get(key).cloned()
    }

    #[run]
    async fn run_batches(
        mut self,
        inbox: &mut Inbox<StoreCommand>,
        ctx: &mut Context<Self>,
    ) -> Self {
        while let Some(command) = inbox.next().await {
            Actor::handle(&mut self, command, ctx).await;
        }
        self
    }
}

pub struct Journal {
    lines: Vec<String>,
}

#[actor]
impl Journal {
    pub fn append(&mut self, line: String) {
        self.lines.push(line);
    }

    #[on_start]
    fn open(&mut self) {
        self.lines.clear();
    }

    #[run]
    async fn take_one(mut self, inbox: &mut Inbox<JournalCommand>) -> Self {
        if let Some(JournalCommand::Append { line }) = inbox.next().await {
            self.lines.push(line);
        }
        self
    }

    #[on_stop]
    async fn close(&mut self, _reason: StopReason) {
        self.lines.push(String::new());
    }
}

fn main() {}
