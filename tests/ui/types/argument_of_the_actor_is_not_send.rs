use actor_runtime::actor;

pub struct Cache<T>(T);

#[actor]
impl Cache<Box<dyn Fn() -> u8>> {
    pub async fn get(&mut self) -> u8 {
        self.0()
    }
}

fn main() {}
