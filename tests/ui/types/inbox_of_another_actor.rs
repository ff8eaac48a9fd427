use actor_runtime::{Inbox, actor};

pub struct Cache;

pub struct Store;

#[actor]
impl Store {
    pub fn flush(&mut self) {}
}

#[actor]
impl Cache {
    pub fn clear(&mut self) {}

    #[run]
    async fn serve(self, inbox: &mut Inbox<StoreCommand>) -> Self {
        while let Some(command) = inbox.next().await {
            drop(command);
        }
        self
    }
}

fn main() {}
