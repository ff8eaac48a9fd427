use std::rc::Rc;

use actor_runtime::{Actor, Context, Inbox, actor};

struct Store;

#[actor]
impl Store {
    pub fn insert(&mut self, _number: Rc<u32>) {}

    #[run]
    async fn serve(mut self, inbox: &mut Inbox<StoreCommand>, ctx: &mut Context<Self>) -> Self {
        while let Some(command) = inbox.next().await {
            self.handle(command, ctx).await;
        }
        self
    }
}

fn main() {}
