use actor_runtime::{Actor, Context, Inbox, actor};

struct Store;

#[actor]
impl Store {
    pub fn insert(&mut self) {}

    #[run]
    async fn serve(inbox: &mut Inbox<StoreCommand>, ctx: &mut Context<Self>) -> Self {
        while let Some(command) = inbox.next().await {
            Store.handle(command, ctx).await;
        }
        Store
    }
}

fn main() {}
