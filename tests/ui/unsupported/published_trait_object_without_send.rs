use std::sync::Arc;

use actor_runtime::actor;

pub struct Cache(Arc<dyn Fn()>);

#[actor(local)]
impl Cache {
    #[watch]
    pub fn hook(&self) -> Arc<dyn Fn()> {
        Arc::clone(&self.0)
    }
}

fn main() {}
