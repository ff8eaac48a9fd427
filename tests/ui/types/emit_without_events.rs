use actor_runtime::{Context, actor};

pub struct Cache;

#[actor]
impl Cache {
    pub fn open(&mut self, ctx: &mut Context<Self>) {
        ctx.emit(1);
    }
}

fn main() {}
