use std::rc::Rc;

use actor_runtime::{ReplyStream, actor};

pub struct Cache;

#[actor]
impl Cache {
    pub fn all(&mut self, reply: ReplyStream<Rc<str>>) {
        reply.finish();
    }
}

fn main() {}
