use actor_runtime::{Context, actor};

pub struct Other;

#[actor]
impl Other {}

pub struct Cache;

#[actor]
impl Cache {
    pub fn stop(&mut self, context: &mut Context<Other>) {
        context.stop();
    }
}

fn main() {}
