use actor_runtime::actor;

fn deadline() -> std::time::Duration {
    std::time::Duration::from_secs(1)
}

pub struct Cache;

#[actor(deadline = deadline())]
impl Cache {
    pub fn len(&self) -> usize {
        0
    }
}

fn main() {}
