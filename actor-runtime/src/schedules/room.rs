//! Senders for which there is no room.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::task::Poll;

use shuttle::future::spawn;

use super::{Ledger, Told, Worker, a_while, explore, impatiently, join, start};
use crate::{Actor as _, CallError, Client as _, Reply, Why, channel};

#[test]
fn capacity_is_never_exceeded() {
    const CAPACITY: usize = 2;
    explore(async || {
        let (client, mut inbox) = channel::<Worker>(CAPACITY);
        let accepted = Arc::new(AtomicUsize::new(0));
        let senders = [0, 1, 2, 3].map(|id| {
            let (client, accepted) = (client.clone(), Arc::clone(&accepted));
            spawn(async move {
                for _ in 0..2 {
                    if id == 0 {
                        if client.try_cast(id) == Err(CallError::Full) {
                            continue;
                        }
                    } else {
                        client.cast(id).await.unwrap();
                    }
                    accepted.fetch_add(1, Relaxed);
                }
            })
        });
        drop(client);
        let mut begun = 0;
        while inbox.next().await.is_some() {
            begun += 1;
            // Commands whose senders have not counted them yet do no harm: in other schedules they are counted, and
            // one too many would be found there.
            let waiting = accepted.load(Relaxed).saturating_sub(begun);
            assert!(waiting <= CAPACITY, "{waiting}");
            a_while().await;
        }
        join(senders).await;
        assert_eq!(accepted.load(Relaxed), begun);
    });
}

#[test]
fn senders_that_leave_pass_their_slots_on() {
    explore(async || {
        let ledger = Ledger::default();
        let (client, running) = start(Worker::new(&ledger).builder().capacity(1));
        let leaving = [0, 1, 2].map(|id| {
            let client = client.clone();
            spawn(async move { impatiently(client.cast(id)).await.is_some() })
        });
        let staying = [3, 4].map(|id| {
            let client = client.clone();
            spawn(async move { Told::by(id, client.call(id)).await })
        });
        let accepted = join(leaving).await.into_iter().filter(|&is| is).count();
        for told in join(staying).await {
            assert_eq!(told.result, Ok(Some(told.id)));
        }
        // Nothing is left when this one is answered.
        assert_eq!(client.call(5).await, Ok(5));
        assert_eq!(client.capacity(), 1);
        drop(client);
        let exit = running.exit().await;
        assert_eq!(exit.handled, accepted as u64 + 3);
    });
}

#[test]
fn there_is_room_again_while_a_method_waits() {
    explore(async || {
        let ledger = Ledger::default();
        let (client, running) = start(Worker::new(&ledger).builder().capacity(1));
        let (reply, answer) = Reply::new();
        let waited_for = client.clone();
        let waited_for = spawn(async move {
            waited_for.cast(1).await.unwrap();
            reply.send(());
        });
        client.wait(0, answer).await.unwrap();
        drop(client);
        assert_eq!(running.exit().await.handled, 2);
        waited_for.await.unwrap();
    });
}

#[test]
fn senders_that_wait_or_leave_are_turned_away() {
    explore(async || {
        let (client, mut inbox) = channel::<Worker>(1);
        let leaving = [0, 1].map(|id| {
            let client = client.clone();
            spawn(async move { impatiently(client.cast(id)).await })
        });
        let staying = [2, 3].map(|id| {
            let client = client.clone();
            spawn(async move { Some(client.cast(id).await) })
        });
        let mut begun = 0;
        for _ in 0..2 {
            begun += u64::from(inbox.next().await.is_some());
        }
        a_while().await;
        let refused = inbox.refuse(None).count;
        let results = join(leaving.into_iter().chain(staying)).await;
        let accepted = results.iter().filter(|&result| *result == Some(Ok(())));
        assert_eq!(accepted.count() as u64, begun + refused);
        assert_eq!(client.cast(4).await, Err(CallError::Closed(Why::Unknown)));
        assert_eq!(client.capacity(), 0);
    });
}

#[test]
fn nobody_overtakes_a_sender_that_waits() {
    explore(async || {
        let ledger = Ledger::default();
        let (client, running) = start(Worker::new(&ledger).builder().capacity(1));
        let waits = Arc::new(AtomicBool::new(false));
        let (waiting, seen) = (client.clone(), Arc::clone(&waits));
        let waiting = spawn(async move {
            let mut cast = pin!(waiting.cast(0));
            poll_fn(|cx| {
                let poll = cast.as_mut().poll(cx);
                seen.store(poll.is_pending(), Relaxed);
                poll
            })
            .await
        });
        let (trying, before) = (client.clone(), Arc::clone(&waits));
        let trying = spawn(async move {
            a_while().await;
            let is_later = before.load(Relaxed);
            (is_later, trying.try_cast(1))
        });
        let others = [2, 3].map(|id| {
            let client = client.clone();
            spawn(async move { client.cast(id).await })
        });
        drop(client);
        assert_eq!(waiting.await.unwrap(), Ok(()));
        let (is_later, tried) = trying.await.unwrap();
        join(others).await;
        let exit = running.exit().await;
        assert_eq!(exit.handled, 3 + u64::from(tried.is_ok()));
        let begun = ledger.begun();
        if is_later && tried.is_ok() {
            let place = |id| begun.iter().position(|&begun| begun == id);
            assert!(place(0) < place(1), "{begun:?}");
        }
    });
}

#[test]
fn the_commands_of_each_client_keep_their_order() {
    explore(async || {
        let ledger = Ledger::default();
        let (client, running) = start(Worker::new(&ledger).builder().capacity(2));
        let clients = [0, 10, 20].map(|first| {
            let client = client.clone();
            spawn(async move {
                for id in first..first + 3 {
                    client.cast(id).await.unwrap();
                }
            })
        });
        drop(client);
        join(clients).await;
        assert_eq!(running.exit().await.handled, 9);
        let mut begun = ledger.begun();
        // Stable, so it keeps the order in which the commands of one client were begun.
        begun.sort_by_key(|id| id / 10);
        assert_eq!(begun, [0, 1, 2, 10, 11, 12, 20, 21, 22]);
    });
}

#[test]
fn whoever_comes_behind_forgotten_senders_gets_through() {
    explore(async || {
        let ledger = Ledger::default();
        let (client, running) = start(Worker::new(&ledger).builder().capacity(2));
        let mut forgotten = Vec::new();
        for id in 0..6 {
            let mut cast = Box::pin(client.cast(id));
            let poll = poll_fn(|cx| Poll::Ready(cast.as_mut().poll(cx))).await;
            if poll.is_pending() {
                forgotten.push(cast);
            }
        }
        let behind = [6, 7].map(|id| {
            let client = client.clone();
            spawn(async move { Told::by(id, client.call(id)).await })
        });
        for told in join(behind).await {
            assert_eq!(told.result, Ok(Some(told.id)));
        }
        // One of them comes after all.
        if let Some(cast) = forgotten.pop() {
            assert_eq!(cast.await, Ok(()));
        }
        drop(forgotten);
        assert_eq!(client.call(8).await, Ok(8));
        assert_eq!(client.capacity(), 2);
        drop(client);
        running.exit().await;
    });
}

#[test]
fn capacity_is_not_exceeded_while_the_loop_is_interrupted() {
    const CAPACITY: usize = 1;
    explore(async || {
        let (client, mut inbox) = channel::<Worker>(CAPACITY);
        inbox.control().begin_incarnation();
        let shared = Arc::clone(inbox.shared());
        let interrupting = spawn(async move {
            for _ in 0..2 {
                a_while().await;
                shared.control().interrupt(Why::Panicked);
            }
        });
        let senders = [0, 1].map(|id| {
            let client = client.clone();
            spawn(async move {
                let mut accepted = 0;
                for _ in 0..3 {
                    accepted += usize::from(client.try_cast(id).is_ok());
                    assert!(client.capacity() <= CAPACITY);
                    a_while().await;
                }
                client.cast(id).await.unwrap();
                accepted + 1
            })
        });
        drop(client);
        let mut begun = 0;
        loop {
            if inbox.next().await.is_some() {
                begun += 1;
            } else if inbox.control().lanes().first.gate().is_interrupted() {
                inbox.control().begin_incarnation();
                inbox.begin_incarnation();
            } else {
                break;
            }
        }
        assert_eq!(join(senders).await.into_iter().sum::<usize>(), begun);
        interrupting.await.unwrap();
    });
}
