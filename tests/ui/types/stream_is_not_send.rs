use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actor_runtime::{Stream, actor};

struct Shared(Rc<u8>);

impl Stream for Shared {
    type Item = u8;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u8>> {
        Poll::Ready(Some(*self.0))
    }
}

pub struct Cache;

#[actor]
impl Cache {
    #[stream(Shared(Rc::new(1)))]
    fn item(&mut self) {}
}

fn main() {}
