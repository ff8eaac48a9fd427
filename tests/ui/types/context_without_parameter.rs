use actor_runtime::actor;
use actor_runtime::Context;

pub struct Cache;

#[actor]
impl Cache {
    pub fn get(&self, ctx: &mut Context) {
        ctx.stop();
    }

    pub fn set(&mut self) {}
}

fn main() {}
