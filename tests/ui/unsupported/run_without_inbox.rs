use actor_runtime::{Context, actor};

struct Store;

#[actor]
impl Store {
    pub fn insert(&mut self) {}

    #[run]
    async fn serve(self, _ctx: &mut Context<Self>) -> Self {
        self
    }
}

fn main() {}
