use actor_runtime::{Context, actor};

pub struct Other;

#[actor]
impl Other {}

pub struct Cache;

#[actor]
impl Cache {
    #[every(std::time::Duration::from_secs(1))]
    fn tick(&mut self, ctx: &mut Context<Other>) {
        ctx.stop();
    }
}

fn main() {}
