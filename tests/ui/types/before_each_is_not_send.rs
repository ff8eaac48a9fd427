use std::rc::Rc;

use actor_runtime::actor;

pub struct Cache(u8);

#[actor]
impl Cache {
    pub fn get(&self) -> u8 {
        self.0
    }

    #[before_each]
    async fn begin(&mut self) {
        let shared = Rc::new(self.0);
        std::future::ready(()).await;
        self.0 = *shared;
    }
}

fn main() {}
