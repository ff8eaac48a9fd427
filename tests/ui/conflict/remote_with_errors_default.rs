use actor_runtime::actor;

struct Cache;

#[actor(remote, errors = default)]
impl Cache {
    pub fn len(&self) -> usize {
        0
    }
}

fn main() {}
