//! Actors that wait for each other.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use shuttle::future::spawn;

use super::{a_while, explore, join, start};
use crate::{Actor as _, CallError, Reply, actor};

type Outcome = Result<u32, CallError>;
type Job = Pin<Box<dyn Future<Output = Outcome> + Send>>;

struct Node;

#[actor(crate = crate)]
impl Node {
    pub(crate) async fn run(&mut self, job: Job) -> Outcome {
        job.await
    }

    pub(crate) fn peek(&self) -> u32 {
        1
    }

    /// Answers, and then does the job.
    pub(crate) async fn answer_and(&self, job: Job, reply: Reply<u32>) {
        reply.send(2);
        job.await.unwrap();
    }
}

/// Returns what the method returns, or what the call does.
async fn run(node: NodeClient, job: impl Future<Output = Outcome> + Send + 'static) -> Outcome {
    node.run(Box::pin(job)).await?
}

#[test]
fn a_ring_is_found_although_a_wait_ends_at_that_moment() {
    explore(async || {
        let nodes = [Node, Node, Node].map(|node| start(node.builder()));
        let [a, b, c] = nodes.each_ref().map(|(client, _)| client.clone());
        let runs = [
            // Waits twice, and gives one up.
            spawn(run(a.clone(), {
                let b = b.clone();
                async move {
                    let (mut first, mut second) = (Box::pin(b.peek()), Box::pin(b.peek()));
                    let polled = poll_fn(|cx| {
                        let first = first.as_mut().poll(cx).is_pending();
                        Poll::Ready(first && second.as_mut().poll(cx).is_pending())
                    });
                    if !polled.await {
                        return Ok(0);
                    }
                    a_while().await;
                    drop(first);
                    second.await
                }
            })),
            spawn(run(b, {
                let c = c.clone();
                async move {
                    a_while().await;
                    c.peek().await
                }
            })),
            spawn(run(c, async move {
                a_while().await;
                a.peek().await
            })),
        ];
        // In a schedule in which nobody finds the ring, nobody returns.
        for outcome in join(runs).await {
            assert!(matches!(outcome, Ok(_) | Err(CallError::Deadlock(_))));
        }
        for (client, running) in nodes {
            drop(client);
            running.exit().await;
        }
    });
}

#[test]
fn whoever_has_answered_may_call() {
    explore(async || {
        let nodes = [Node, Node].map(|node| start(node.builder()));
        let [a, b] = nodes.each_ref().map(|(client, _)| client.clone());
        let back = a.clone();
        let call = spawn(run(a, async move {
            a_while().await;
            let answer = b.answer_and(Box::pin(async move { back.peek().await }));
            let answer = answer.await;
            a_while().await;
            answer
        }));
        assert_eq!(call.await.unwrap(), Ok(2));
        for (client, running) in nodes {
            drop(client);
            running.exit().await;
        }
    });
}
