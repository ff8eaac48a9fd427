use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actor_runtime::Stream;
use actor_runtime::actor;

pub struct Lines;

impl Stream for Lines {
    type Item = String;

    fn poll_next(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<String>> {
        Poll::Ready(None)
    }
}

#[derive(Default)]
pub struct Counter {
    lines: usize,
}

#[actor]
impl Counter {
    #[stream(Lines)]
    fn count(&mut self) {
        self.lines += 1;
    }

    #[every(Duration::from_secs(1), now)]
    fn report(&self) {
        println!("{} lines", self.lines);
    }
}

fn main() {}
