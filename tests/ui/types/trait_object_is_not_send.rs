use actor_runtime::actor;

pub trait Job {
    fn run(&self);
}

pub struct Cache;

#[actor]
impl Cache {
    pub async fn run(&mut self, job: Box<dyn Job>) {
        job.run();
    }
}

fn main() {}
