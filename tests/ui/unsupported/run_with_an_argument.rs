use actor_runtime::{Inbox, actor};

struct Store;

#[actor]
impl Store {
    pub fn insert(&mut self) {}

    #[run]
    async fn serve(
        self,
        _inbox: &mut Inbox<StoreCommand>,
        _limit: usize,
    ) -> Self {
        self
    }
}

fn main() {}
