use actor_runtime::{Context, actor};

pub struct Door;

#[actor]
impl Door {
    pub fn open(&self, ctx: &mut Context<Self>) {
        drop(ctx.emitter());
    }
}

fn main() {}
