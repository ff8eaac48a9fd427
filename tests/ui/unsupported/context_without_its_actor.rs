use actor_runtime::{Context, actor};

pub struct Cache;

#[actor]
impl Cache {
    pub fn set(&mut self, value: u8, ctx: &mut Context) {
        let _ = value;
        ctx.stop();
    }
}

fn main() {}
