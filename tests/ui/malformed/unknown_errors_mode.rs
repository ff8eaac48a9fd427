use actor_runtime::actor;

pub struct Cache;

#[actor(errors = panic)]
impl Cache {
    pub fn len(&self) -> usize {
        0
    }
}

fn main() {
    let _ = CacheClient::len;
}
