use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(skip, timeout = std::time::Duration::from_secs(1))]
    pub fn len(&self) -> usize {
        0
    }
}

fn main() {}
