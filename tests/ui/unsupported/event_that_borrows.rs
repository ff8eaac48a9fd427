use actor_runtime::{Context, actor};

pub struct Cache;

#[actor(event = &str)]
impl Cache {
    pub fn name(&self, ctx: &mut Context<Self>) {
        ctx.emit("name");
    }
}

fn main() {}
