use std::rc::Rc;

use actor_runtime::{Context, actor};

pub struct Cache;

#[actor]
impl Cache {
    pub fn open(&mut self, ctx: &mut Context<Self>) {
        let shared = Rc::new(1);
        ctx.spawn(async move { drop(shared) });
    }
}

fn main() {}
