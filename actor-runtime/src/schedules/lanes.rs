//! Two lanes, and batches.

use shuttle::future::spawn;

use super::Entry::{Begun, Finished};
use super::{Ledger, Told, a_while, accepted, explore, join, start};
use crate::{Actor as _, CallError, CancellationToken, ExitReason, Why, actor};

/// An actor with two lanes and batches in each.
#[derive(Default)]
struct Desk {
    ledger: Ledger,
}

#[actor(crate = crate, capacity = 1)]
impl Desk {
    pub(crate) async fn ask(&mut self, id: usize) -> usize {
        self.ledger.enter(Begun(id));
        a_while().await;
        self.ledger.enter(Finished(id));
        id
    }

    #[command(priority)]
    pub(crate) async fn ask_first(&mut self, id: usize) -> usize {
        self.ask(id).await
    }

    pub(crate) async fn tell(&mut self, id: usize) {
        self.ask(id).await;
    }

    #[command(priority)]
    pub(crate) async fn tell_first(&mut self, id: usize) {
        self.ask(id).await;
    }

    #[command(batch = 2, arg = id)]
    pub(crate) async fn ask_together(&mut self, ids: Vec<usize>) -> Vec<usize> {
        assert!(ids.len() <= 2, "{ids:?}");
        for &id in &ids {
            self.ledger.enter(Begun(id));
        }
        a_while().await;
        for &id in &ids {
            self.ledger.enter(Finished(id));
        }
        ids
    }

    #[command(batch = 2, arg = id, priority)]
    pub(crate) async fn ask_first_together(&mut self, ids: Vec<usize>) -> Vec<usize> {
        self.ask_together(ids).await
    }
}

impl DeskClient {
    /// Asks or tells, in the way that the last digit of `id` chooses.
    async fn send_somehow(&self, id: usize) -> Told {
        match id % 10 {
            0 => Told::by(id, self.ask(id)).await,
            1 => Told::by(id, self.ask_first(id)).await,
            2 => Told::by(id, self.ask_together(id)).await,
            4 => Told::by_cast(id, self.tell(id)).await,
            5 => Told::by_cast(id, self.tell_first(id)).await,
            _ => Told::by(id, self.ask_first_together(id)).await,
        }
    }
}

/// Checks that commands sent through both lanes are handled when only their senders have clients.
async fn is_handled<const N: usize>(ids: [usize; N]) {
    let desk = Desk::default();
    let ledger = desk.ledger.clone();
    let (client, running) = start(desk.builder());
    let clients = ids.map(|id| {
        let client = client.clone();
        spawn(async move { client.send_somehow(id).await })
    });
    drop(client);
    let exit = running.exit().await;
    assert!(matches!(exit.reason, ExitReason::ClientsDropped));
    assert_eq!((exit.handled, exit.refused), (N as u64, 0));
    for told in join(clients).await {
        assert!(told.was_accepted() && ledger.confirms(&told), "{told:?}");
    }
}

#[test]
fn what_the_last_clients_sent_through_either_lane_is_handled() {
    explore(|| is_handled([0, 1, 4, 5]));
}

#[test]
fn what_the_last_client_sent_with_priority_is_handled() {
    explore(|| is_handled([5, 15]));
}

#[test]
fn batches_are_filled_and_answered() {
    explore(|| is_handled([2, 12, 22, 3, 13, 23]));
}

#[test]
fn calls_through_either_lane_return_when_the_token_is_cancelled() {
    explore(async || {
        let token = CancellationToken::new();
        let desk = Desk::default();
        let ledger = desk.ledger.clone();
        let (client, running) = start(desk.builder().shutdown(token.clone()));
        let callers = [0, 1, 2, 12, 3, 13].map(|id| {
            let client = client.clone();
            spawn(async move { client.send_somehow(id).await })
        });
        a_while().await;
        token.cancel();
        let all_told = join(callers).await;
        assert_eq!(
            client.ask_first(21).await,
            Err(CallError::Closed(Why::Cancelled))
        );
        let exit = running.exit().await;
        for told in &all_told {
            assert!(ledger.confirms(told), "{told:?}, but {ledger:?}");
        }
        assert_eq!(exit.handled + exit.refused, accepted(&all_told));
        assert_eq!(exit.handled, ledger.begun().len() as u64);
    });
}
