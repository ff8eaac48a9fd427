use actor_runtime::{Context, actor};

pub struct Cache;

#[actor]
impl Cache {
    #[watch]
    pub fn len(&self, ctx: &mut Context<Self>) -> usize {
        ctx.stop();
        0
    }
}

fn main() {}
