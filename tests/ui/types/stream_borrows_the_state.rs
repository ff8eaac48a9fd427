use std::pin::Pin;
use std::task::{Context, Poll};

use actor_runtime::{Stream, actor};

struct Numbers<'a>(&'a mut u8);

impl Stream for Numbers<'_> {
    type Item = u8;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u8>> {
        Poll::Ready(Some(*self.0))
    }
}

pub struct Cache(u8);

#[actor]
impl Cache {
    #[stream(Numbers(&mut self.0))]
    fn item(&mut self) {}

    pub fn count(&mut self) {
        self.0 += 1;
    }
}

fn main() {}
