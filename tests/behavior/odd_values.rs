//! Values of users that do odd things when they are woken, cloned, compared or dropped: nobody else is hurt.

use std::future::pending;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::mpsc::channel;
use std::sync::{Arc, OnceLock};
use std::task::{Context as TaskContext, Poll, Wake, Waker};
use std::time::Duration;

use actor_runtime::{
    Actor as _, CallError, CancellationToken, Client as _, Context, Notice, Reply, Why, actor,
};
use tokio::runtime;

use crate::support::{
    calling, cancellable, hold, idle, on_one_thread, poll_once, soon, summary, watched, worker,
};

/// A waker that panics.
fn panics_when_woken() -> Waker {
    struct PanicsWhenWoken;

    impl Wake for PanicsWhenWoken {
        fn wake(self: Arc<Self>) {
            panic::resume_unwind(Box::new("woken"));
        }
    }

    Arc::new(PanicsWhenWoken).into()
}

/// Polls a future that waits, with a waker that panics.
fn wait_fragile<F: Future>(future: Pin<&mut F>) {
    let waker = panics_when_woken();
    let polled = future.poll(&mut TaskContext::from_waker(&waker));
    assert!(polled.is_pending());
}

#[tokio::test(start_paused = true)]
async fn a_caller_whose_waker_panics_hurts_neither_the_actor_nor_others() {
    let worker = worker(8);
    let key = hold(&worker.client).await;
    let mut fragile = pin!(worker.client.double(1));
    wait_fragile(fragile.as_mut());
    let other = calling(&worker.client, async |client| client.double(2).await).await;
    key.open();
    assert_eq!(soon(other).await.unwrap(), Ok(4));
    assert_eq!(poll_once(fragile), Poll::Ready(Ok(2)));
    let exit = soon(worker.handle.shutdown(Duration::from_secs(1))).await;
    assert_eq!(summary(&exit), "cancelled: 3 handled, 0 refused, state");
}

#[tokio::test(start_paused = true)]
async fn a_sender_whose_waker_panics_leaves_no_other_untold() {
    // When there is room, and when there will never be.
    for is_stopped in [false, true] {
        let worker = cancellable(1);
        let key = hold(&worker.started.client).await;
        worker.started.client.note(1).await.unwrap();
        let mut fragile = [pin!(worker.started.client.double(2))];
        wait_fragile(fragile[0].as_mut());
        let other = calling(&worker.started.client, async |client| {
            client.double(3).await
        })
        .await;
        let closed = calling(&worker.started.client, async |client| client.closed().await);
        let closed = closed.await;
        let mut fragile_too = pin!(worker.started.client.closed());
        wait_fragile(fragile_too.as_mut());
        let expected = if is_stopped {
            worker.shutdown.cancel();
            Err(CallError::Closed(Why::Cancelled))
        } else {
            Ok(6)
        };
        key.open();
        assert!(is_stopped || poll_once(fragile[0].as_mut()).is_pending());
        idle().await;
        let _ = poll_once(fragile[0].as_mut());
        assert_eq!(soon(other).await.unwrap(), expected);
        worker.shutdown.cancel();
        soon(closed).await.unwrap();
    }
}

/// Announces events that do everything that others do.
struct Announcer;

#[derive(Default)]
pub(crate) struct Shared {
    client: OnceLock<AnnouncerClient>,
}

pub(crate) struct Nosy(Arc<Shared>);

impl Nosy {
    fn pry(&self) {
        if let Some(client) = self.0.client.get() {
            let mut events = client.subscribe();
            assert!(!client.is_closed() || poll_once(pin!(events.next())).is_ready());
        }
    }
}

impl Clone for Nosy {
    fn clone(&self) -> Self {
        self.pry();
        Self(Arc::clone(&self.0))
    }
}

impl Drop for Nosy {
    fn drop(&mut self) {
        self.pry();
    }
}

#[actor(event = Nosy, event_capacity = 1)]
impl Announcer {
    pub(crate) fn announce(&self, event: Nosy, ctx: &mut Context<Self>) -> u32 {
        ctx.emit(event);
        1
    }
}

#[test]
fn an_event_may_subscribe_when_it_is_dropped_or_cloned() {
    on_one_thread(async || {
        let shutdown = CancellationToken::new();
        let shared = Arc::new(Shared::default());
        let announcer = Announcer.spawn(shutdown.clone());
        assert!(shared.client.set(announcer.clone()).is_ok());
        let mut subscriptions = [announcer.subscribe(), announcer.subscribe()];
        for _ in 0..3 {
            assert_eq!(announcer.announce(Nosy(Arc::clone(&shared))).await, Ok(1));
        }
        for subscription in &mut subscriptions {
            assert!(matches!(subscription.next().await, Some(Notice::Missed(2))));
            assert!(matches!(subscription.next().await, Some(Notice::Event(_))));
        }
        assert_eq!(announcer.announce(Nosy(Arc::clone(&shared))).await, Ok(1));
        drop(subscriptions);
        shutdown.cancel();
        announcer.closed().await;
    });
}

/// Spawns the next actor, whose shutdown token is a token of this one.
struct Link;

#[actor]
impl Link {
    pub(crate) fn token(&self, ctx: &mut Context<Self>) -> CancellationToken {
        ctx.token()
    }

    pub(crate) fn stop(&self, ctx: &mut Context<Self>) {
        ctx.stop();
    }
}

#[test]
fn a_chain_of_actors_of_any_length_ends_at_once() {
    const LINKS: usize = if cfg!(miri) { 30 } else { 10_000 };

    on_one_thread(async || {
        for is_cancelled in [false, true] {
            let shutdown = CancellationToken::new();
            let mut token = shutdown.clone();
            let mut links = Vec::new();
            for _ in 0..LINKS {
                let link = Link.spawn(token);
                token = link.token().await.unwrap();
                links.push(link);
            }
            if is_cancelled {
                shutdown.cancel();
            } else {
                links[0].stop().await.unwrap();
                links[0].closed().await;
                tokio::task::yield_now().await;
            }
            assert!(token.is_cancelled());
            assert!(links.iter().all(LinkClient::is_closed));
        }
    });
}

/// Keeps its callers waiting in all the ways there are.
struct Keeper {
    kept: Vec<Reply<u32>>,
}

#[actor]
impl Keeper {
    pub(crate) async fn hold(&mut self) -> u32 {
        pending().await
    }

    pub(crate) fn keep(&mut self, reply: Reply<u32>) {
        self.kept.push(reply);
    }

    pub(crate) fn keep_in_a_task(&mut self, reply: Reply<u32>, ctx: &mut Context<Self>) {
        ctx.spawn(async move {
            pending::<()>().await;
            reply.send(1);
        });
    }
}

#[test]
fn a_runtime_that_a_panic_drops_is_no_panic_of_its_actors() {
    watched(|| {
        let (tell, told) = channel();
        let callers = runtime::Builder::new_current_thread().build().unwrap();
        let mut calls = Vec::new();
        let dropped = catch_unwind(AssertUnwindSafe(|| {
            let runtime = runtime::Builder::new_current_thread().build().unwrap();
            let keeper = runtime.block_on(async {
                let keeper = Keeper { kept: Vec::new() };
                let builder = keeper.builder();
                let builder = builder.on_exit(move |exit| tell.send(summary(&exit)).unwrap());
                builder.spawn()
            });
            for which in 0..3 {
                let keeper = keeper.clone();
                calls.push(callers.spawn(async move {
                    match which {
                        0 => keeper.keep().await,
                        1 => keeper.keep_in_a_task().await,
                        _ => keeper.hold().await,
                    }
                }));
                callers.block_on(tokio::task::yield_now());
                runtime.block_on(tokio::task::yield_now());
            }
            panic::resume_unwind(Box::new("of the thread"));
        }));
        assert!(dropped.is_err());
        for call in calls {
            assert_eq!(callers.block_on(call).unwrap(), Err(CallError::Stopped));
        }
        assert_eq!(
            told.recv().unwrap(),
            "aborted in hold: 2 handled, 0 refused, no state"
        );
    });
}
