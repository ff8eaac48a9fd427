//! Loops that are interrupted by a failure, and supervisors that wait for what comes next.

use std::future::poll_fn;

use shuttle::future::spawn;
use shuttle::rand::{Rng as _, thread_rng};

use super::{Ledger, Told, Worker, a_while, explore, join, start};
use crate::inbox::Upcoming;
use crate::supervisor::poll_no_wait;
use crate::{Actor as _, CancellationToken, ExitReason, Shutdown, StopReason, Why, channel};

/// The loop may have looked before the interrupt, and begun to wait after whoever interrupted it found nobody waiting.
#[test]
fn a_loop_that_is_interrupted_ends() {
    explore(async || {
        let ledger = Ledger::default();
        let token = CancellationToken::new();
        let builder = Worker::new(&ledger).builder().capacity(2);
        let (client, running) = start(builder.shutdown(token));
        // As a supervisor does, for which an interrupt is not the end.
        client.0.shared().control().begin_incarnation();
        let callers = [0, 1].map(|id| {
            let client = client.clone();
            spawn(async move { Told::by_cast(id, client.cast(id)).await })
        });
        let failing = client.clone();
        let task = spawn(async move {
            a_while().await;
            // As a task of the actor does that panics.
            failing.0.shared().control().interrupt(Why::Panicked);
        });
        let exit = running.exit().await;
        assert!(matches!(
            exit.reason,
            ExitReason::Stopped | ExitReason::ClientsDropped
        ));
        task.await.unwrap();
        join(callers).await;
        drop(client);
    });
}

#[test]
fn a_supervisor_that_waits_is_told_of_each_end() {
    explore(async || {
        let (client, mut inbox) = channel::<Worker>(1);
        let is_queued = thread_rng().r#gen();
        if is_queued {
            client.cast(0).await.unwrap();
        }
        let waits = spawn(async move { poll_fn(|cx| poll_no_wait(&mut inbox, cx)).await });
        a_while().await;
        let end = thread_rng().gen_range(0..3);
        let actor = client.0.shared().control();
        match end {
            0 => actor.stop(StopReason::Cancelled, Some(Shutdown::Stop)),
            1 => actor.stop(StopReason::Cancelled, Some(Shutdown::Drain)),
            _ if is_queued => actor.close(),
            _ => drop(client),
        }
        let expected = if end > 0 && is_queued {
            Upcoming::Last
        } else {
            Upcoming::None
        };
        assert_eq!(waits.await.unwrap(), expected);
    });
}
