use actor_runtime::{Context, actor};

pub struct Cache;

#[actor]
impl Cache {
    pub fn stop(&self, context: Context<Self>) {
        context.token();
    }
}

fn main() {}
