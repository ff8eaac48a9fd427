use std::rc::Rc;

use actor_runtime::{Actor as _, Context, actor};

pub struct Worker {
    shared: Rc<str>,
}

#[actor(local)]
impl Worker {
    pub fn work(&mut self) -> usize {
        Rc::strong_count(&self.shared)
    }
}

pub struct Boss;

#[actor]
impl Boss {
    pub fn hire(&mut self, ctx: &mut Context<Self>) {
        let shared = "".into();
        let worker: WorkerClient = ctx.start(Worker { shared }.builder());
        drop(worker);
    }
}

fn main() {}
