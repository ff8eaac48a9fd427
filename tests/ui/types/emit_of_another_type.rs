use actor_runtime::{Context, actor};

pub struct Cache;

#[actor(event = u8)]
impl Cache {
    pub fn open(&mut self, ctx: &mut Context<Self>) {
        ctx.emit("opened");
    }
}

fn main() {}
