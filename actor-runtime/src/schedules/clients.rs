//! The last client of an actor.

use shuttle::future::{block_on, spawn};
use shuttle::thread;

use super::{
    Ledger, Told, Worker, WorkerClient, a_while, accepted, explore, impatiently, join, start,
};
use crate::{Actor as _, CancellationToken, Client as _, ExitReason, WeakClient};

#[test]
fn what_the_last_clients_sent_is_handled() {
    explore(async || {
        let ledger = Ledger::default();
        let (client, running) = start(Worker::new(&ledger).builder().capacity(2));
        let clients = [0, 10, 20].map(|first| {
            let client = client.clone();
            spawn(async move {
                a_while().await;
                client.cast(first).await.unwrap();
                client.clone().cast(first + 1).await.unwrap();
            })
        });
        drop(client);
        let exit = running.exit().await;
        assert!(matches!(exit.reason, ExitReason::ClientsDropped));
        assert_eq!((exit.handled, exit.refused), (6, 0));
        join(clients).await;
    });
}

#[test]
fn an_upgraded_client_keeps_its_actor_alive() {
    async fn upgrade(weak: WeakClient<WorkerClient>, id: usize) -> u64 {
        a_while().await;
        let Some(client) = weak.upgrade() else {
            return 0;
        };
        a_while().await;
        assert_eq!(client.call(id).await, Ok(id));
        1
    }

    explore(async || {
        let ledger = Ledger::default();
        let (client, running) = start(Worker::new(&ledger).builder());
        let weak = client.downgrade();
        let upgraded = [0, 1, 2].map(|id| spawn(upgrade(weak.clone(), id)));
        a_while().await;
        drop(client);
        let exit = running.exit().await;
        assert!(weak.upgrade().is_none());
        let calls: u64 = join(upgraded).await.into_iter().sum();
        assert_eq!((exit.handled, exit.refused), (calls, 0));
        assert!(matches!(exit.reason, ExitReason::ClientsDropped));
    });
}

#[test]
fn callers_that_leave_are_skipped_or_handled() {
    explore(async || {
        let ledger = Ledger::default();
        let (client, running) = start(Worker::new(&ledger).builder().capacity(1));
        let leaving = [0, 1].map(|id| {
            let client = client.clone();
            spawn(async move { impatiently(client.look(id)).await })
        });
        let staying = [2, 3].map(|id| {
            let client = client.clone();
            spawn(async move { Some(client.look(id).await) })
        });
        drop(client);
        let answers = join(leaving.into_iter().chain(staying)).await;
        let exit = running.exit().await;
        for (id, answer) in answers.into_iter().enumerate() {
            match answer {
                Some(answer) => assert_eq!(answer, Ok(id)),
                None => assert!(id < 2),
            }
        }
        assert_eq!(exit.handled, ledger.begun().len() as u64);
        assert!(exit.handled + exit.skipped <= 4, "{exit:?}");
        assert_eq!(exit.refused, 0);
    });
}

#[test]
fn blocked_threads_are_woken() {
    explore(async || {
        let ledger = Ledger::default();
        let token = CancellationToken::new();
        let builder = Worker::new(&ledger).builder().capacity(1);
        let (client, running) = start(builder.shutdown(token.clone()));
        let threads = [0, 1, 2].map(|id| {
            let client = client.clone();
            let told = move || match id {
                0 => block_on(Told::by_cast(id, async { client.blocking_cast(id) })),
                _ => block_on(Told::by(id, async { client.blocking_call(id) })),
            };
            thread::spawn(told)
        });
        drop(client);
        a_while().await;
        token.cancel();
        let exit = running.exit().await;
        let all_told = threads.map(|thread| thread.join().unwrap());
        for told in &all_told {
            assert!(ledger.confirms(told), "{told:?}, but {ledger:?}");
        }
        assert_eq!(exit.handled + exit.refused, accepted(&all_told));
    });
}
