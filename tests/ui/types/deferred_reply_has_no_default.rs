use actor_runtime::{Reply, actor};

pub struct Answer;

pub struct Cache;

#[actor(errors = default)]
impl Cache {
    pub fn ask(&mut self, reply: Reply<Answer>) {
        drop(reply);
    }
}

fn main() {}
