use std::error::Error;

use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn len(&self) -> usize {
        0
    }

    #[on_stop]
    fn close(&mut self) -> Result<(), Box<dyn Error>> {
        Ok(())
    }
}

fn main() {}
