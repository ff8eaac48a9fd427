use actor_runtime::actor;

struct Cache;

#[actor(remote)]
impl Cache {
    pub fn len(&self) -> usize {
        0
    }

    #[command(errors = default)]
    pub fn capacity(&self) -> usize {
        0
    }
}

fn main() {}
