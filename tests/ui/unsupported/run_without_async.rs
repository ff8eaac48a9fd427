use actor_runtime::{Context, Inbox, actor};

struct Store;

#[actor]
impl Store {
    pub fn insert(&mut self) {}

    #[run]
    fn serve(self, _inbox: &mut Inbox<StoreCommand>, _ctx: &mut Context<Self>) -> Self {
        self
    }
}

fn main() {}
