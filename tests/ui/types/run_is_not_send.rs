use std::rc::Rc;

use actor_runtime::{Actor, Context, Inbox, actor};

struct Store;

#[actor]
impl Store {
    pub fn insert(&mut self) {}

    #[run]
    async fn serve(mut self, inbox: &mut Inbox<StoreCommand>, ctx: &mut Context<Self>) -> Self {
        let count = Rc::new(0);
        while let Some(command) = inbox.next().await {
            self.handle(command, ctx).await;
        }
        drop(count);
        self
    }
}

fn main() {}
