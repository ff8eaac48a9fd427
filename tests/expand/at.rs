use actor_runtime::actor;
use std::collections::BTreeMap;
use tokio::sync::mpsc;
use tokio::time::Instant;

pub struct Sessions {
    logins: mpsc::Receiver<String>,
    by_expiry: BTreeMap<Instant, String>,
    flush_at: Option<Instant>,
}

#[actor]
impl Sessions {
    pub fn len(&self) -> usize {
        self.by_expiry.len()
    }

    #[at(self.next_expiry())]
    fn expire(&mut self, due: Instant) {
        self.by_expiry.retain(|expiry, _| *expiry > due);
    }

    #[at(self.flush_at)]
    async fn flush(&mut self) {
        self.flush_at = None;
    }

    #[on(self.logins.recv())]
    fn login(&mut self, name: Option<String>) {
        self.by_expiry.extend(name.map(|name| (Instant::now(), name)));
    }

    fn next_expiry(&self) -> Option<Instant> {
        self.by_expiry.keys().next().copied()
    }
}

fn main() {}
