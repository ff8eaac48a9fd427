use actor_runtime::Context;
use actor_runtime::actor;

pub struct Countdown {
    left: u32,
}

#[actor]
impl Countdown {
    pub fn tick(&mut self, by: u32, ctx: &mut Context<Self>) -> u32 {
        self.left = self.left.saturating_sub(by);
        if self.left == 0 {
            ctx.stop();
        }
        self.left
    }

    pub fn left(&self) -> u32 {
        self.left
    }
}

fn main() {}
