use actor_runtime::{Context, actor};

pub struct Cache;

#[actor]
impl Cache {
    #[every(std::time::Duration::from_secs(1))]
    fn tick(&mut self, ctx: &Context<Self>) {
        let _ = ctx;
    }
}

fn main() {}
