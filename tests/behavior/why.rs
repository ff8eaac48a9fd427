//! The reason why an actor has ended, as its callers learn it.

use std::io;
use std::panic;
use std::pin::pin;
use std::sync::Arc;
use std::task::{self, Poll, Wake, Waker};
use std::time::Duration;

use actor_runtime::{Actor as _, CallError, CancellationToken, Client as _, Context, Supervisor};
use actor_runtime::{Why, actor, channel};

use tokio::sync::oneshot;

use crate::support::{
    Gate, Log, PanicOnDrop, Worker, calling, cancellable, gate, hold, idle, poll_once, soon, spawn,
};

/// A way to end.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Token,
    Stop,
    Shutdown,
    Panic,
    PanicOfTask,
    FailedStart,
    Abort,
    Deadline,
    DropOfState,
}

const ENDS: [(End, Why); 9] = [
    (End::Token, Why::Cancelled),
    (End::Stop, Why::Stopped),
    (End::Shutdown, Why::Cancelled),
    (End::Panic, Why::Panicked),
    (End::PanicOfTask, Why::Panicked),
    (End::FailedStart, Why::StartFailed),
    (End::Abort, Why::Aborted),
    (End::Deadline, Why::Aborted),
    (End::DropOfState, Why::Panicked),
];

struct Mortal {
    end: End,
    #[expect(dead_code, reason = "it is there to be dropped")]
    state: Option<PanicOnDrop>,
}

#[actor(capacity = 1, deadline = Duration::from_secs(1))]
impl Mortal {
    pub(crate) async fn hold(&self, gate: Gate) {
        gate.pass().await;
    }

    #[command(try)]
    pub(crate) fn ping(&self) -> u32 {
        1
    }

    pub(crate) fn end(&self, ctx: &mut Context<Self>) {
        match self.end {
            End::Stop => ctx.stop(),
            End::Panic => panic::resume_unwind(Box::new("out of luck")),
            End::PanicOfTask => {
                ctx.spawn(async { panic::resume_unwind(Box::new("out of luck")) });
            }
            _ => {}
        }
    }

    #[on_start]
    fn start(&mut self) -> io::Result<()> {
        match self.end {
            End::FailedStart => Err(io::Error::other("no luck")),
            _ => Ok(()),
        }
    }
}

/// Starts an actor and ends it in this way.
async fn ended_by(end: End) -> MortalClient {
    let state = (end == End::DropOfState).then(|| PanicOnDrop);
    let shutdown = CancellationToken::new();
    let (client, handle) = Mortal { end, state }.spawn_with_handle(shutdown.clone());
    idle().await;
    match end {
        End::Token => shutdown.cancel(),
        End::Stop | End::Panic | End::PanicOfTask => client.end().await.unwrap(),
        End::Shutdown => drop(handle.shutdown(Duration::from_secs(1)).await),
        End::FailedStart => {}
        End::Abort => handle.abort(),
        End::Deadline => {
            let (gate, mut key) = gate();
            client.hold(gate).await.unwrap();
            key.entered().await;
            shutdown.cancel();
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        End::DropOfState => {
            drop(handle);
            shutdown.cancel();
        }
    }
    idle().await;
    client
}

#[tokio::test(start_paused = true)]
async fn later_callers_learn_why_the_actor_has_ended() {
    for (end, why) in ENDS {
        let client = ended_by(end).await;
        let closed = CallError::Closed(why);
        assert_eq!(client.try_ping().unwrap_err(), closed, "{end:?}");
        assert_eq!(soon(client.ping()).await, Err(closed), "{end:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_the_end_learns_why() {
    for (end, why) in ENDS {
        let client = ended_by(end).await;
        // However often and late.
        assert_eq!(soon(client.ended()).await, why, "{end:?}");
        assert_eq!(soon(client.ended()).await, why, "{end:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_room_learns_why_there_will_be_none() {
    for (end, why) in [
        (End::Token, Why::Cancelled),
        (End::Stop, Why::Stopped),
        (End::Panic, Why::Panicked),
        (End::Abort, Why::Aborted),
    ] {
        let shutdown = CancellationToken::new();
        let mortal = Mortal { end, state: None };
        let (client, handle) = mortal.spawn_with_handle(shutdown.clone());
        let (gate, mut key) = gate();
        client.hold(gate).await.unwrap();
        key.entered().await;
        client.end().await.unwrap();
        let waiting = calling(&client, async |client| client.end().await).await;
        let waiting_too = calling(&client, async |client| client.end().await).await;
        match end {
            End::Token => shutdown.cancel(),
            End::Abort => handle.abort(),
            _ => key.open(),
        }
        // The first of them may get the slot of the command that ends the actor.
        let _ = soon(waiting).await;
        let told = soon(waiting_too).await.unwrap();
        assert_eq!(told, Err(CallError::Closed(why)), "{end:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_reason_is_what_is_known_until_the_end() {
    let shutdown = CancellationToken::new();
    let mortal = Mortal {
        end: End::Token,
        state: None,
    };
    let client = mortal.spawn(shutdown.clone());
    let (gate, mut key) = gate();
    client.hold(gate).await.unwrap();
    key.entered().await;
    shutdown.cancel();
    assert_eq!(
        soon(client.ping()).await,
        Err(CallError::Closed(Why::Cancelled))
    );
    // The method outlasts the deadline.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(
        soon(client.ping()).await,
        Err(CallError::Closed(Why::Aborted))
    );
    key.open();
}

#[tokio::test(start_paused = true)]
async fn a_supervised_actor_that_fails_too_often_says_so() {
    let make = || Mortal {
        end: End::Panic,
        state: None,
    };
    let client = Supervisor::new(make)
        .restarts(1, Duration::from_secs(60))
        .spawn();
    for _ in 0..2 {
        client.end().await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    soon(client.closed()).await;
    assert_eq!(
        soon(client.ping()).await,
        Err(CallError::Closed(Why::Panicked))
    );
}

#[test]
fn the_reason_is_part_of_a_sentence() {
    for (why, sentence) in [
        (Why::Unknown, "the actor no longer takes commands"),
        (Why::Cancelled, "the actor was told to stop"),
        (Why::Stopped, "the actor stopped itself"),
        (Why::ClientsDropped, "the actor ended with its last client"),
        (Why::StartFailed, "the actor failed to start"),
        (Why::Panicked, "the actor panicked"),
        (Why::Aborted, "the actor was aborted"),
    ] {
        let error = CallError::Closed(why);
        assert_eq!(error.to_string(), sentence);
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::BrokenPipe);
    }
}

/// An actor that tells the steps of its end.
struct Slow {
    log: Log,
    flush: Option<oneshot::Receiver<()>>,
    send: Option<oneshot::Receiver<()>>,
}

#[actor]
impl Slow {
    pub(crate) fn send_later(&mut self, ctx: &mut Context<Self>) {
        let (log, send) = (self.log.clone(), self.send.take());
        ctx.spawn(async move {
            send.unwrap().await.unwrap();
            log.push(2);
        });
    }

    #[on_stop]
    async fn flush(&mut self) {
        self.flush.take().unwrap().await.unwrap();
        self.log.push(1);
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        self.log.push(3);
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_is_told_after_hooks_tasks_and_state() {
    let log = Log::default();
    let shutdown = CancellationToken::new();
    let (flush, flushing) = oneshot::channel();
    let (send, sending) = oneshot::channel();
    let slow = Slow {
        log: log.clone(),
        flush: Some(flushing),
        send: Some(sending),
    };
    let client = slow.spawn(shutdown.clone());
    soon(client.send_later()).await.unwrap();
    idle().await;
    let seen = log.clone();
    let ended = client.ended();
    let waiting = spawn(async move { (ended.await, seen.numbers()) });
    shutdown.cancel();
    soon(client.closed()).await;
    idle().await;
    assert!(!waiting.is_finished());
    flush.send(()).unwrap();
    idle().await;
    assert!(!waiting.is_finished());
    assert_eq!(log.numbers(), [1]);
    send.send(()).unwrap();
    let end = soon(waiting).await.unwrap();
    assert_eq!(end, (Why::Cancelled, vec![1, 2, 3]));
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_the_end_keeps_no_actor_alive() {
    let log = Log::default();
    let client = Worker { log }.spawn(CancellationToken::new());
    let mut ended = pin!(client.ended());
    assert!(poll_once(ended.as_mut()).is_pending());
    // To give up loses nothing.
    drop(client.ended());
    drop(client);
    assert_eq!(soon(ended).await, Why::ClientsDropped);
}

#[tokio::test(start_paused = true)]
async fn a_supervised_actor_ends_with_its_last_incarnation() {
    let make = || Mortal {
        end: End::Panic,
        state: None,
    };
    let shutdown = CancellationToken::new();
    let client = Supervisor::new(make).shutdown(shutdown.clone()).spawn();
    let mut ended = pin!(client.ended());
    client.end().await.unwrap();
    assert_eq!(soon(client.ping()).await, Ok(1));
    assert!(poll_once(ended.as_mut()).is_pending());
    shutdown.cancel();
    assert_eq!(soon(ended).await, Why::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn a_fake_ends_with_its_inbox() {
    let (client, inbox) = channel::<Worker>(1);
    let mut ended = pin!(client.ended());
    assert!(poll_once(ended.as_mut()).is_pending());
    drop(inbox);
    assert_eq!(soon(ended).await, Why::Unknown);
}

#[tokio::test(start_paused = true)]
async fn a_runner_that_is_dropped_has_ended() {
    let log = Log::default();
    let (client, runner) = Worker { log }.builder().into_runner();
    drop(runner);
    assert_eq!(soon(client.ended()).await, Why::Aborted);
}

#[tokio::test(start_paused = true)]
async fn a_waker_that_panics_leaves_no_other_untold_of_the_end() {
    struct PanicsWhenWoken;

    impl Wake for PanicsWhenWoken {
        fn wake(self: Arc<Self>) {
            panic::resume_unwind(Box::new("woken"));
        }
    }

    let waker = Waker::from(Arc::new(PanicsWhenWoken));
    let worker = cancellable(1);
    let client = &worker.started.client;
    let key = hold(client).await;
    let mut fragile = [pin!(client.ended()), pin!(client.ended())];
    let mut cx = task::Context::from_waker(&waker);
    let first = fragile[0].as_mut().poll(&mut cx);
    assert_eq!(first, Poll::Pending);
    let other = calling(client, async |client| client.ended().await).await;
    let second = fragile[1].as_mut().poll(&mut cx);
    assert_eq!(second, Poll::Pending);
    worker.shutdown.cancel();
    key.open();
    assert_eq!(soon(other).await.unwrap(), Why::Cancelled);
    assert_eq!(soon(worker.started.handle).await.handled, 1);
}
