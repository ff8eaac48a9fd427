//! Callers that race with the end of their actor.

use shuttle::future::{AbortHandle, spawn};
use shuttle::rand::{Rng as _, thread_rng};

use super::Entry::Begun;
use super::{
    Ledger, Told, Worker, WorkerClient, WorkerCommand, a_while, accepted, explore, join, start,
};
use crate::{
    Actor as _, CancellationToken, Client as _, Exit, ExitReason, Shutdown, StopReason, channel,
};

/// The cause of an actor's end.
#[derive(Clone, Copy)]
pub(super) enum End {
    Token,
    Drain,
    Inside,
    Panic,
    Abort,
}

/// A task that ends the actor.
struct Ender {
    client: WorkerClient,
    token: CancellationToken,
    task: AbortHandle,
}

impl Ender {
    async fn bring(self, end: End) -> Option<Told> {
        a_while().await;
        match end {
            End::Token => self.token.cancel(),
            // As `ActorHandle::shutdown_with`, which is for an actor that tokio spawned.
            End::Drain => {
                let actor = self.client.0.shared().control();
                actor.stop(StopReason::Cancelled, Some(Shutdown::Drain));
            }
            End::Inside => return Some(Told::by(5, self.client.stop(5)).await),
            End::Panic => return Some(Told::by(6, self.client.panic(6)).await),
            End::Abort => self.task.abort(),
        }
        None
    }
}

/// Lets more commands than there is room for meet all of `ends`. Each caller is told the truth, and each accepted
/// command is accounted for.
async fn commands_meet(ends: &[End]) -> Exit<Worker> {
    let ledger = Ledger::default();
    let token = CancellationToken::new();
    let capacity = thread_rng().gen_range(1..=3);
    let builder = Worker::new(&ledger).builder().capacity(capacity);
    let (client, running) = start(builder.shutdown(token.clone()));
    let enders = ends.iter().map(|&end| {
        let ender = Ender {
            client: client.clone(),
            token: token.clone(),
            task: running.task.abort_handle(),
        };
        spawn(ender.bring(end))
    });
    let enders: Vec<_> = enders.collect();
    let callers = [0, 1, 2, 3, 4].map(|id| {
        let client = client.clone();
        spawn(async move {
            match id {
                0 | 1 => Told::by(id, client.call(id)).await,
                2 => Told::by(id, client.answer(id)).await,
                3 => Told::by(id, client.keep(id)).await,
                _ => Told::by_cast(id, client.cast(id)).await,
            }
        })
    });
    let mut all_told = join(callers).await;
    all_told.extend(join(enders).await.into_iter().flatten());
    client.closed().await;
    assert!(client.is_closed());
    let exit = running.exit().await;
    for told in &all_told {
        assert!(ledger.confirms(told), "{told:?}, but {ledger:?}");
    }
    let cut_off = u64::from(exit.in_progress.is_some());
    let is_complete = exit.handled + exit.refused + cut_off == accepted(&all_told);
    assert!(is_complete, "{all_told:?}, but {exit}");
    assert_eq!(exit.handled + cut_off, ledger.begun().len() as u64);
    exit
}

#[test]
fn calls_return_when_the_token_is_cancelled() {
    explore(async || {
        let exit = commands_meet(&[End::Token]).await;
        assert!(matches!(exit.reason, ExitReason::Cancelled));
    });
}

#[test]
fn calls_return_when_the_actor_is_drained() {
    explore(async || {
        let exit = commands_meet(&[End::Drain]).await;
        assert!(matches!(exit.reason, ExitReason::Cancelled));
        assert_eq!(exit.refused, 0);
    });
}

#[test]
fn calls_return_when_the_actor_stops_itself() {
    explore(async || {
        let exit = commands_meet(&[End::Inside]).await;
        assert!(matches!(exit.reason, ExitReason::Stopped));
    });
}

#[test]
fn calls_return_when_a_method_panics() {
    explore(async || {
        let exit = commands_meet(&[End::Panic]).await;
        assert!(matches!(exit.reason, ExitReason::Panicked(_)));
        assert!(exit.state.is_none());
    });
}

#[test]
fn calls_return_when_the_actor_is_aborted() {
    explore(async || {
        let exit = commands_meet(&[End::Abort]).await;
        assert!(matches!(exit.reason, ExitReason::Aborted));
        assert!(exit.state.is_none());
    });
}

#[test]
fn calls_return_when_the_actor_ends_in_several_ways_at_once() {
    explore(async || {
        let ends = [End::Token, End::Drain, End::Inside, End::Panic, End::Abort];
        commands_meet(&ends).await;
    });
}

#[test]
fn nothing_is_begun_once_the_token_is_cancelled() {
    explore(async || {
        let ledger = Ledger::default();
        let token = CancellationToken::new();
        let builder = Worker::new(&ledger).builder().capacity(4);
        let (client, running) = start(builder.shutdown(token.clone()));
        let callers = [0, 1, 2, 3].map(|id| {
            let client = client.clone();
            spawn(async move { Told::by_cast(id, client.cast(id)).await })
        });
        a_while().await;
        token.cancel();
        let begun = ledger.begun();
        let all_told = join(callers).await;
        let exit = running.exit().await;
        assert_eq!(ledger.begun(), begun);
        assert_eq!(exit.handled, begun.len() as u64);
        assert_eq!(exit.handled + exit.refused, accepted(&all_told));
    });
}

#[test]
fn calls_return_when_the_inbox_is_dropped() {
    explore(async || {
        let ledger = Ledger::default();
        let (client, mut inbox) = channel::<Worker>(1);
        let callers = [0, 1, 2].map(|id| {
            let client = client.clone();
            spawn(async move { Told::by(id, client.call(id)).await })
        });
        let closed = spawn(async move {
            client.closed().await;
            assert!(client.is_closed());
        });
        let mut replies = Vec::new();
        for _ in 0..2 {
            if let Some(WorkerCommand::Call { id, reply }) = inbox.next().await {
                ledger.enter(Begun(id));
                replies.push(reply);
            }
        }
        drop(inbox);
        a_while().await;
        drop(replies);
        closed.await.unwrap();
        for told in join(callers).await {
            assert!(ledger.confirms(&told), "{told:?}, but {ledger:?}");
        }
    });
}
