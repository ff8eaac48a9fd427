use actor_runtime::actor;

pub trait Db {
    async fn load(&mut self, key: &str) -> String;
}

pub struct Cache<D>(D);

#[actor]
impl<D: Db> Cache<D> {
    pub async fn get(&mut self, key: &str) -> String {
        self.0.load(key).await
    }
}

fn main() {}
