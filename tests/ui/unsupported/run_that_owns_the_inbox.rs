use actor_runtime::{Actor, Context, Inbox, actor};

struct Store;

#[actor]
impl Store {
    pub fn insert(&mut self) {}

    #[run]
    async fn serve(mut self, mut inbox: Inbox<StoreCommand>, ctx: &mut Context<Self>) -> Self {
        while let Some(command) = inbox.next().await {
            self.handle(command, ctx).await;
        }
        self
    }
}

fn main() {}
