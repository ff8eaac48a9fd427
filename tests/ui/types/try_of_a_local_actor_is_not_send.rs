use std::rc::Rc;

use actor_runtime::actor;

pub struct Names(Vec<Rc<str>>);

#[actor(local)]
impl Names {
    #[command(try)]
    pub fn add(&mut self, name: Rc<str>) -> usize {
        self.0.push(name);
        self.0.len()
    }
}

fn main() {}
