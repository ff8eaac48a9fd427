use actor_runtime::{Inbox, actor};

struct Store;

#[actor]
impl Store {
    pub fn insert(&mut self) {}

    #[run]
    async fn serve(
        self,
        _inbox: &mut Inbox<StoreCommand>,
        _second: &mut Inbox<StoreCommand>,
    ) -> Self {
        self
    }
}

fn main() {}
