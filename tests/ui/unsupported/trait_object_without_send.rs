use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn run(&mut self, job: Box<dyn FnOnce()>) {
        job();
    }
}

fn main() {}
