use actor_runtime::actor;

#[derive(Clone)]
pub struct Key;

struct Cache;

// One error for each type, at the type.
#[actor(remote)]
impl Cache {
    pub fn get(&self, _key: &Key, _length: usize) -> Option<String> {
        None
    }

    pub fn remove(&mut self, _key: Key) {}

    pub fn open(&self) -> std::io::Result<u32> {
        Ok(1)
    }

    pub fn keys(&self) -> Vec<Key> {
        Vec::new()
    }
}

fn main() {}
