use actor_runtime::actor;

fn timeout() -> std::time::Duration {
    std::time::Duration::from_secs(1)
}

pub struct Cache;

#[actor(timeout = timeout())]
impl Cache {
    pub fn len(&self) -> usize {
        0
    }

    pub fn clear(&mut self) {}
}

fn main() {}
