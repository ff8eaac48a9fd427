use actor_runtime::{Actor, Context, Inbox, actor};

struct Store;

#[actor(in_place)]
impl Store {
    pub fn len(&self) -> usize {
        0
    }

    #[run]
    async fn serve(mut self, inbox: &mut Inbox<StoreCommand>, ctx: &mut Context<Self>) -> Self {
        while let Some(command) = inbox.next().await {
            self.handle(command, ctx).await;
        }
        self
    }
}

fn main() {}
