use std::rc::Rc;

use actor_runtime::{Actor as _, actor};

pub struct Names(Vec<Rc<str>>);

#[actor(local)]
impl Names {
    pub fn add(&mut self, name: Rc<str>) {
        self.0.push(name);
    }
}

async fn starts() {
    Names(Vec::new()).builder().spawn_local();
}

fn main() {}
