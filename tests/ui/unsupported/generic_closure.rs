use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn with<F>(&mut self, change: F)
    where
        F: FnOnce(&mut u8) + Send,
    {
        change(&mut 1);
    }
}

fn main() {}
