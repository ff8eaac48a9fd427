use std::error::Error;

use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[on_start]
    async fn open(&mut self) -> Result<(), Box<dyn Error>> {
        Ok(())
    }
}

fn main() {}
