//! Callers on several threads that race with the end of their actor. Each call returns, and says truly what became of
//! its command.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::{fmt, panic};

use actor_runtime::{
    Actor as _, ActorHandle, CallError, CancellationToken, Client as _, Context, Exit, ExitReason,
    actor,
};
use tokio::sync::{Notify, watch};
use tokio::task::{JoinSet, spawn_blocking, yield_now};

use crate::support::{on_four_threads, runtime_of};

const CALLERS: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Death {
    Panic,
    PanicAfterWaiting,
    Abort,
    Token,
    Stop,
}

const DEATHS: [Death; 5] = [
    Death::Panic,
    Death::PanicAfterWaiting,
    Death::Abort,
    Death::Token,
    Death::Stop,
];

struct Victim {
    death: Death,
    /// The number of commands that it still handles before it dies, or asks for its death.
    left: usize,
    is_due: Arc<Notify>,
}

#[actor(capacity = 4)]
impl Victim {
    pub(crate) async fn call(&mut self, runs: Arc<AtomicUsize>, ctx: &mut Context<Self>) -> usize {
        runs.fetch_add(1, Relaxed);
        self.live(ctx).await;
        self.left
    }

    pub(crate) async fn cast(&mut self, runs: Arc<AtomicUsize>, ctx: &mut Context<Self>) {
        runs.fetch_add(1, Relaxed);
        self.live(ctx).await;
    }

    async fn live(&mut self, ctx: &mut Context<Self>) {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            match self.death {
                Death::Panic => panic::resume_unwind(Box::new("storm")),
                Death::PanicAfterWaiting => {
                    yield_now().await;
                    panic::resume_unwind(Box::new("storm"));
                }
                Death::Abort | Death::Token => self.is_due.notify_one(),
                Death::Stop => ctx.stop(),
            }
        }
        if self.left.is_multiple_of(2) {
            yield_now().await;
        }
    }
}

/// The fates of commands, as reported by callers or by exits.
#[derive(Default)]
struct Fates {
    done: AtomicUsize,
    refused: AtomicUsize,
    cut_off: AtomicUsize,
    /// Casts, whose callers learn no more.
    accepted: AtomicUsize,
}

impl Fates {
    fn add_exit(&self, exit: &Exit<Victim>) {
        let (handled, refused) = (exit.handled, exit.refused);
        self.done
            .fetch_add(usize::try_from(handled).unwrap(), Relaxed);
        self.refused
            .fetch_add(usize::try_from(refused).unwrap(), Relaxed);
        self.cut_off
            .fetch_add(usize::from(exit.in_progress.is_some()), Relaxed);
    }

    fn total(&self) -> usize {
        let all = [&self.done, &self.refused, &self.cut_off, &self.accepted];
        all.iter().map(|count| count.load(Relaxed)).sum()
    }
}

impl fmt::Debug for Fates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} done, {} refused, {} cut off, {} accepted",
            self.done.load(Relaxed),
            self.refused.load(Relaxed),
            self.cut_off.load(Relaxed),
            self.accepted.load(Relaxed)
        )
    }
}

/// Checks that a caller may be told this `result` about its command.
fn check_call(death: Death, result: &Result<usize, CallError>, runs: usize, fates: &Fates) {
    let (count, expected_runs) = match (result, death) {
        (Ok(_), _) => (&fates.done, 1),
        (Err(CallError::Closed(_)), _) => (&AtomicUsize::new(0), 0),
        (Err(CallError::Refused), _) => (&fates.refused, 0),
        (Err(CallError::Panicked), Death::Panic | Death::PanicAfterWaiting)
        | (Err(CallError::Stopped), Death::Abort) => (&fates.cut_off, 1),
        other => panic!("an unexpected answer: {other:?}"),
    };
    count.fetch_add(1, Relaxed);
    assert_eq!(runs, expected_runs, "{death:?}: {result:?}");
    if let Err(error) = result {
        assert_eq!(error.never_ran(), runs == 0, "{error:?}");
    }
}

type Target = Option<(VictimClient, Death)>;

fn current(target: &mut watch::Receiver<Target>) -> Target {
    target.borrow_and_update().clone()
}

/// Calls whichever actor lives, until none is left.
async fn call_until_the_end(mut target: watch::Receiver<Target>, fates: Arc<Fates>) {
    while let Some((client, death)) = current(&mut target) {
        loop {
            let runs = Arc::new(AtomicUsize::new(0));
            let result = client.call(Arc::clone(&runs)).await;
            check_call(death, &result, runs.load(Relaxed), &fates);
            if result.is_err() {
                break;
            }
        }
        target.changed().await.unwrap();
    }
}

/// Casts to whichever actor lives, until none is left.
async fn cast_until_the_end(mut target: watch::Receiver<Target>, fates: Arc<Fates>) {
    while let Some((client, _)) = current(&mut target) {
        let runs = Arc::new(AtomicUsize::new(0));
        let mut accepted = 0;
        let error = loop {
            match client.cast(Arc::clone(&runs)).await {
                Ok(()) => accepted += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(error, CallError::Closed(_)), "{error}");
        assert!(runs.load(Relaxed) <= accepted);
        fates.accepted.fetch_add(accepted, Relaxed);
        target.changed().await.unwrap();
    }
}

async fn die(
    death: Death,
    is_due: &Notify,
    shutdown: &CancellationToken,
    handle: ActorHandle<Victim>,
) -> Exit<Victim> {
    match death {
        Death::Abort => {
            is_due.notified().await;
            handle.abort();
        }
        Death::Token => {
            is_due.notified().await;
            shutdown.cancel();
        }
        Death::Panic | Death::PanicAfterWaiting | Death::Stop => {}
    }
    handle.await
}

fn check_exit(death: Death, exit: &Exit<Victim>) {
    let (has_state, is_right) = match death {
        Death::Panic | Death::PanicAfterWaiting => {
            (false, matches!(exit.reason, ExitReason::Panicked(_)))
        }
        Death::Abort => (false, matches!(exit.reason, ExitReason::Aborted)),
        Death::Token => (true, matches!(exit.reason, ExitReason::Cancelled)),
        Death::Stop => (true, matches!(exit.reason, ExitReason::Stopped)),
    };
    assert!(is_right, "{death:?}: {exit:?}");
    assert_eq!(exit.state.is_some(), has_state, "{death:?}: {exit:?}");
}

#[test]
fn each_call_returns_and_is_told_the_truth_however_its_actor_ends() {
    const ACTORS: usize = 20_000;
    on_four_threads(async {
        let (next, target) = watch::channel(None);
        let (seen, reported) = (Arc::<Fates>::default(), Fates::default());
        let mut callers = JoinSet::new();
        for actor in 0..ACTORS {
            let death = DEATHS[actor % DEATHS.len()];
            let is_due = Arc::new(Notify::new());
            let victim = Victim {
                death,
                left: 1 + actor % 7,
                is_due: Arc::clone(&is_due),
            };
            let shutdown = CancellationToken::new();
            let (client, handle) = victim.spawn_with_handle(shutdown.clone());
            next.send_replace(Some((client, death)));
            if callers.is_empty() {
                for _ in 0..CALLERS {
                    callers.spawn(call_until_the_end(target.clone(), Arc::clone(&seen)));
                }
                callers.spawn(cast_until_the_end(target.clone(), Arc::clone(&seen)));
            }
            let exit = die(death, &is_due, &shutdown, handle).await;
            check_exit(death, &exit);
            reported.add_exit(&exit);
        }
        next.send_replace(None);
        while let Some(caller) = callers.join_next().await {
            caller.unwrap();
        }
        // No command was lost, and none was counted twice.
        assert_eq!(seen.total(), reported.total(), "{seen:?}; {reported:?}");
        assert!(seen.refused.load(Relaxed) > 0, "{seen:?}");
        assert!(seen.cut_off.load(Relaxed) > 0, "{seen:?}");
    });
}

#[test]
fn each_call_returns_when_the_runtime_of_its_actor_is_dropped() {
    on_four_threads(async {
        for round in 0..200 {
            let runtime = runtime_of(1 + round % 2);
            let is_due = Arc::new(Notify::new());
            let victim = Victim {
                death: Death::Abort,
                left: 1 + round % 7,
                is_due: Arc::clone(&is_due),
            };
            let (client, handle) = {
                let _entered = runtime.enter();
                victim.spawn_with_handle(CancellationToken::new())
            };
            let seen = Arc::<Fates>::default();
            let (next, target) = watch::channel(Some((client, Death::Abort)));
            let mut callers = JoinSet::new();
            for _ in 0..CALLERS {
                callers.spawn(call_until_the_end(target.clone(), Arc::clone(&seen)));
            }
            is_due.notified().await;
            spawn_blocking(|| drop(runtime)).await.unwrap();
            let exit = handle.await;
            check_exit(Death::Abort, &exit);
            next.send_replace(None);
            while let Some(caller) = callers.join_next().await {
                caller.unwrap();
            }
            let reported = Fates::default();
            reported.add_exit(&exit);
            assert_eq!(format!("{seen:?}"), format!("{reported:?}"));
        }
    });
}

struct Patient(usize);

#[actor]
impl Patient {
    pub(crate) async fn call(&mut self, runs: Arc<AtomicUsize>) -> usize {
        runs.fetch_add(1, Relaxed);
        self.0 += 1;
        if self.0.is_multiple_of(5) {
            yield_now().await;
        }
        self.0
    }
}

#[test]
fn callers_that_leave_do_no_harm_on_several_threads() {
    on_four_threads(async {
        for capacity in [1, 2, 3, 64] {
            let (client, handle) = Patient(0).builder().capacity(capacity).spawn_with_handle();
            let runs = Arc::new(AtomicUsize::new(0));
            let mut callers = JoinSet::new();
            for caller in 0..CALLERS {
                let (client, runs) = (client.clone(), Arc::clone(&runs));
                callers.spawn(async move {
                    for round in 0..2000 {
                        // The caller leaves after a few polls: before the command was accepted, or before or while it
                        // ran.
                        let patience = async {
                            for _ in 0..(caller + round) % 4 {
                                yield_now().await;
                            }
                        };
                        tokio::select! {
                            biased;
                            answer = client.call(Arc::clone(&runs)) => { answer.unwrap(); }
                            () = patience => {}
                        }
                    }
                });
            }
            while let Some(caller) = callers.join_next().await {
                caller.unwrap();
            }
            // Every command accepted before has run by then, and each place is free again.
            client.call(Arc::clone(&runs)).await.unwrap();
            assert_eq!(client.capacity(), capacity);
            drop(client);
            let exit = handle.await;
            assert_eq!(exit.state.unwrap().0, runs.load(Relaxed));
            assert_eq!(exit.refused, 0);
            assert_eq!(usize::try_from(exit.handled).unwrap(), runs.load(Relaxed));
        }
    });
}

#[test]
fn each_sender_keeps_its_order_on_several_threads() {
    struct Ordered {
        last: Vec<usize>,
    }

    #[actor(capacity = 2)]
    impl Ordered {
        pub(crate) fn cast(&mut self, sender: usize, number: usize) {
            assert_eq!(self.last[sender], number);
            self.last[sender] += 1;
        }

        pub(crate) async fn call(&mut self, sender: usize, number: usize) -> usize {
            yield_now().await;
            assert_eq!(self.last[sender], number);
            self.last[sender] += 1;
            number
        }
    }

    on_four_threads(async {
        let (client, handle) = Ordered {
            last: vec![0; CALLERS],
        }
        .spawn_with_handle(CancellationToken::new());
        let mut senders = JoinSet::new();
        for sender in 0..CALLERS {
            let client = client.clone();
            senders.spawn(async move {
                for number in 0..3000 {
                    if number % 10 == 0 {
                        assert_eq!(client.call(sender, number).await, Ok(number));
                    } else {
                        client.cast(sender, number).await.unwrap();
                    }
                }
            });
        }
        while let Some(sender) = senders.join_next().await {
            sender.unwrap();
        }
        drop(client);
        let exit = handle.await;
        assert!(matches!(exit.reason, ExitReason::ClientsDropped));
        assert_eq!(exit.state.unwrap().last, [3000; CALLERS]);
    });
}

#[test]
fn actors_end_with_their_last_client_on_several_threads() {
    on_four_threads(async {
        for round in 0..2000 {
            let (client, handle) = Patient(0).builder().capacity(2).spawn_with_handle();
            let runs = Arc::new(AtomicUsize::new(0));
            let weak = client.downgrade();
            let mut callers = JoinSet::new();
            for _ in 0..=round % 3 {
                let (client, runs) = (client.clone(), Arc::clone(&runs));
                callers.spawn(async move { client.call(runs).await.unwrap() });
            }
            let late = Arc::clone(&runs);
            callers.spawn(async move {
                match weak.upgrade() {
                    Some(client) => client.call(late).await.unwrap(),
                    None => 0,
                }
            });
            drop(client);
            let exit = handle.await;
            assert!(matches!(exit.reason, ExitReason::ClientsDropped));
            while let Some(caller) = callers.join_next().await {
                caller.unwrap();
            }
            assert_eq!(exit.state.unwrap().0, runs.load(Relaxed));
        }
    });
}
