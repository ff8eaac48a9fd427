use actor_runtime::actor;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

pub struct Cache<T>(T);

#[actor]
impl<T: Clone> Cache<T> {
    pub async fn get(&mut self) -> Result<T> {
        Ok(self.0.clone())
    }
}

fn main() {}
