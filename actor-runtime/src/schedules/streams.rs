//! Streams, whose bells are rung while the loop polls them or handles commands.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use shuttle::future::spawn;

use super::{Told, a_while, explore, join};
use crate::sync::Mutex;
use crate::{Actor as _, Stream, actor};

/// A stream of the numbers that others send.
#[derive(Clone, Default)]
struct Numbers(Arc<Mutex<Sent>>);

#[derive(Default)]
struct Sent {
    numbers: VecDeque<usize>,
    reader: Option<Waker>,
}

impl Numbers {
    fn send(&self, number: usize) {
        let mut sent = self.0.lock().unwrap();
        sent.numbers.push_back(number);
        let reader = sent.reader.take();
        drop(sent);
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

impl Stream for Numbers {
    type Item = usize;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<usize>> {
        let mut sent = self.0.lock().unwrap();
        match sent.numbers.pop_front() {
            Some(number) => Poll::Ready(Some(number)),
            None => {
                sent.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// An actor that ends when it has read a few numbers.
struct Reader {
    numbers: Numbers,
    read: usize,
}

const COUNT: usize = 4;

#[actor(crate = crate)]
impl Reader {
    pub(crate) fn cast(&mut self, id: usize) {
        let _ = id;
    }

    #[stream(self.numbers.clone())]
    async fn number(&mut self, _: usize, ctx: &mut crate::Context<Self>) {
        a_while().await;
        self.read += 1;
        if self.read == COUNT {
            ctx.stop();
        }
    }
}

/// If a number were overheard, the actor would wait forever: its clients stay.
#[test]
fn each_item_is_heard() {
    explore(async || {
        let numbers = Numbers::default();
        let reader = Reader {
            numbers: numbers.clone(),
            read: 0,
        };
        let (client, runner) = reader.builder().capacity(2).into_runner();
        let running = spawn(runner.run());
        let casts = [0, 1].map(|id| {
            let client = client.clone();
            spawn(async move { Told::by_cast(id, client.cast(id)).await })
        });
        let senders = [0, 1].map(|_| {
            let numbers = numbers.clone();
            spawn(async move {
                for number in 0..COUNT / 2 {
                    a_while().await;
                    numbers.send(number);
                }
            })
        });
        let exit = running.await.unwrap();
        assert_eq!(exit.state.unwrap().read, COUNT);
        join(casts).await;
        join(senders).await;
        drop(client);
    });
}
