use actor_runtime::{Replies, actor};

pub struct Cache;

#[actor]
impl Cache {
    fn replies() -> Replies<u8> {
        unimplemented!()
    }

    pub fn get(&self) -> impl Stream<Item = u8> + use<> {
        Self::replies()
    }
}

trait Stream {
    type Item;
}

impl Stream for Replies<u8> {
    type Item = u8;
}

fn main() {}
