use std::rc::Rc;

use actor_runtime::actor;

pub struct Plugin {
    script: Rc<str>,
}

#[actor(local)]
impl Plugin {
    pub async fn run(&mut self, input: String) -> String {
        format!("{}({input})", self.script)
    }
}

fn main() {}
