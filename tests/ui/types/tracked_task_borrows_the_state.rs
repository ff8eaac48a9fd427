use actor_runtime::{Context, actor};

pub struct Cache(u8);

#[actor]
impl Cache {
    pub fn open(&mut self, ctx: &mut Context<Self>) {
        ctx.spawn(async { self.0 += 1 });
    }
}

fn main() {}
