use std::rc::Rc;

use actor_runtime::actor;

pub struct Cache(Rc<str>);

#[actor]
impl Cache {
    pub async fn length(&mut self) -> usize {
        self.0.len()
    }

    pub async fn set(&mut self, text: &str) {
        self.0 = text.into();
    }
}

fn main() {}
