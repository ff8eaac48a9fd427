//! Commands that take the state, and end the actor with it.

use actor_runtime::actor;

#[derive(Default)]
pub struct Store(Vec<String>);

#[actor]
impl Store {
    pub fn insert(&mut self, value: String) {
        self.0.push(value);
    }

    /// The values, when no more can be added.
    #[command(last)]
    pub fn into_values(self) -> Vec<String> {
        self.0
    }

    #[command(last, try)]
    pub async fn write_to(mut self, name: &str) {
        std::future::ready(name.len()).await;
        self.0.clear();
    }

    #[watch]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

pub fn main() {}
