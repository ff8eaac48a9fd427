//! Shutdown under load: prompt, however much is queued and however many send.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;

use actor_runtime::{Actor as _, CancellationToken, Client as _, ExitReason, actor};
use tokio::task::{JoinSet, yield_now};

use crate::support::on_four_threads;

/// An actor that counts the commands that it begins.
struct Counting {
    started: Arc<AtomicU64>,
}

#[actor(capacity = 8)]
impl Counting {
    #[command(try)]
    pub(crate) fn cast(&mut self) {
        self.started.fetch_add(1, SeqCst);
    }

    pub(crate) async fn call(&mut self) -> u64 {
        let started = self.started.fetch_add(1, SeqCst);
        yield_now().await;
        started
    }
}

async fn send_until_the_end(client: CountingClient, number: usize) {
    loop {
        let sent = match number % 2 {
            0 => client.cast().await,
            _ => client.call().await.map(drop),
        };
        if sent.is_err() {
            return;
        }
        yield_now().await;
    }
}

/// Returns the number of commands begun after the token was cancelled, while many senders kept the mailbox full.
async fn started_after_cancellation(senders: usize, patience: u64) -> u64 {
    let started = Arc::new(AtomicU64::new(0));
    let shutdown = CancellationToken::new();
    let counting = Counting {
        started: Arc::clone(&started),
    };
    let (client, handle) = counting.spawn_with_handle(shutdown.clone());
    let mut tasks = JoinSet::new();
    for number in 0..senders {
        tasks.spawn(send_until_the_end(client.clone(), number));
    }
    while started.load(SeqCst) < patience || client.capacity() > 0 {
        yield_now().await;
    }
    shutdown.cancel();
    let before = started.load(SeqCst);
    let exit = handle.await;
    tasks.join_all().await;
    assert!(matches!(exit.reason, ExitReason::Cancelled));
    assert_eq!(exit.handled, started.load(SeqCst));
    started.load(SeqCst) - before
}

#[tokio::test(start_paused = true)]
async fn nothing_starts_after_cancellation_on_one_thread() {
    for patience in 0..100 {
        assert_eq!(started_after_cancellation(32, patience).await, 0);
    }
}

/// The thread of the actor may have been about to begin a command.
#[test]
fn at_most_one_command_starts_after_cancellation_on_several_threads() {
    on_four_threads(async {
        for patience in 0..200 {
            assert!(started_after_cancellation(32, patience).await <= 1);
        }
    });
}

#[tokio::test(start_paused = true)]
async fn a_thousand_actors_on_one_token_are_polled_once_more_each() {
    let shutdown = CancellationToken::new();
    let polls = Arc::new(AtomicU64::new(0));
    let mut actors = JoinSet::new();
    let mut clients = Vec::new();
    for _ in 0..1000 {
        let started = Arc::new(AtomicU64::new(0));
        let builder = Counting { started }.builder().shutdown(shutdown.clone());
        let (client, runner) = builder.into_runner();
        let polls = Arc::clone(&polls);
        actors.spawn(async move {
            let mut run = pin!(runner.run());
            poll_fn(|cx| {
                polls.fetch_add(1, SeqCst);
                run.as_mut().poll(cx)
            })
            .await
        });
        client.call().await.unwrap();
        clients.push(client);
    }
    // Half of the actors are idle, the others have a full mailbox.
    for client in clients.iter().step_by(2) {
        while client.try_cast().is_ok() {}
    }
    polls.store(0, SeqCst);
    shutdown.cancel();
    for (number, exit) in actors.join_all().await.into_iter().enumerate() {
        assert!(matches!(exit.reason, ExitReason::Cancelled), "{number}");
        assert_eq!(exit.handled, 1);
    }
    assert_eq!(polls.load(SeqCst), 1000);
}
