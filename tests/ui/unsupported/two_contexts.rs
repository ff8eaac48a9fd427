use actor_runtime::{Context, actor};

pub struct Cache;

#[actor]
impl Cache {
    pub fn stop(&self, first: &mut Context<Self>, second: &mut Context<Self>) {
        first.stop();
        second.stop();
    }
}

fn main() {}
