use actor_runtime::{Context, actor};

pub struct Worker;

#[actor]
impl Worker {
    pub fn work(&mut self) {}
}

pub struct Boss;

#[actor]
impl Boss {
    pub fn hire(&mut self, ctx: &mut Context<Self>) {
        ctx.start(Worker);
    }
}

fn main() {}
