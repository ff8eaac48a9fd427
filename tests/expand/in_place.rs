//! Calls that may run in place, with a cast, an async method and a latest value.

use actor_runtime::actor;

#[derive(Default)]
pub struct Store(Vec<String>);

#[actor(in_place)]
impl Store {
    pub fn get(&self, index: usize) -> Option<String> {
        self.0.get(index).cloned()
    }

    pub fn push(&mut self, value: String) {
        self.0.push(value);
    }

    pub async fn load(&mut self) -> usize {
        std::future::ready(self.0.len()).await
    }

    #[watch]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

fn main() {}
