use actor_runtime::actor;
use std::time::Instant;

struct Batch;

#[actor]
impl Batch {
    #[at(self.deadline().await)]
    fn flush(&mut self) {}

    #[on(std::future::ready(1), if self.has_room().await)]
    fn add(&mut self, row: u32) {
        drop(row.to_string());
    }

    async fn deadline(&self) -> Option<Instant> {
        None
    }

    async fn has_room(&self) -> bool {
        true
    }
}

fn main() {}
