//! Actors that die at a bad moment.

use std::time::Duration;

use actor_runtime::{
    Actor as _, ActorHandle, CallError, CancellationToken, Client as _, Exit, Why, actor,
};

use crate::support::{
    Cancellable, Gate, Key, Log, cancellable, gate, hold, idle, runtime_of, soon, summary, watched,
    worker,
};
use crate::wakers::{noting, poll_with};

#[derive(Clone, Copy, Debug)]
enum Death {
    Panic,
    Abort,
    Token,
    Stop,
}

/// The caller was granted a slot and told so, and then does not come in time.
#[tokio::test(start_paused = true)]
async fn row_01_a_caller_that_was_promised_a_slot_is_told_when_the_actor_dies() {
    for death in [Death::Panic, Death::Abort, Death::Token, Death::Stop] {
        let Cancellable { started, shutdown } = cancellable(1);
        let worker = started;
        let first_key = hold(&worker.client).await;
        let (gate, mut key) = gate();
        let client = worker.client.clone();
        tokio::spawn(async move {
            match death {
                Death::Panic => client.hold_and_panic(gate).await,
                Death::Stop => client.hold_and_stop(gate).await,
                Death::Abort | Death::Token => client.hold_and_double(0, gate).await,
            }
        });
        idle().await;
        let granted = Log::default();
        let mut call = Box::pin(worker.client.double(1));
        assert!(poll_with(&noting(&granted, 1), call.as_mut()).is_pending());
        assert!(granted.numbers().is_empty());
        first_key.open();
        key.entered().await;
        idle().await;
        assert_eq!(granted.numbers(), [1]);
        let why = match death {
            Death::Panic => Why::Panicked,
            Death::Stop => Why::Stopped,
            Death::Abort => Why::Aborted,
            Death::Token => Why::Cancelled,
        };
        match death {
            Death::Panic | Death::Stop => key.open(),
            Death::Abort => worker.handle.abort(),
            Death::Token => {
                shutdown.cancel();
                key.open();
            }
        }
        soon(worker.handle).await;
        assert_eq!(soon(call).await, Err(CallError::Closed(why)), "{death:?}");
        assert_eq!(
            soon(worker.client.double(2)).await,
            Err(CallError::Closed(why))
        );
    }
}

/// A state whose two halves are equal between two commands.
struct Account {
    left: u32,
    arrived: u32,
}

#[actor]
impl Account {
    pub(crate) async fn transfer(&mut self, gate: Gate) {
        self.left += 1;
        gate.pass().await;
        self.arrived += 1;
    }
}

/// Spawns an account that is in the middle of a transfer.
async fn transferring(shutdown: CancellationToken) -> (ActorHandle<Account>, Key) {
    let account = Account {
        left: 0,
        arrived: 0,
    };
    let (client, handle) = account.spawn_with_handle(shutdown);
    let (gate, mut key) = gate();
    client.transfer(gate).await.unwrap();
    key.entered().await;
    (handle, key)
}

/// Checks that an account that was cut off in the middle of a transfer is gone.
fn check_cut_off(exit: &Exit<Account>) {
    let expected = "aborted in transfer: 0 handled, 0 refused, no state";
    assert_eq!(summary(exit), expected);
}

#[tokio::test(start_paused = true)]
async fn row_12_a_state_that_was_cut_off_in_the_middle_of_a_change_is_never_seen() {
    let (handle, _key) = transferring(CancellationToken::new()).await;
    handle.abort();
    check_cut_off(&soon(handle).await);

    let (handle, _key) = transferring(CancellationToken::new()).await;
    check_cut_off(&soon(handle.shutdown(Duration::from_secs(1))).await);

    // Nothing except these cuts it off.
    let shutdown = CancellationToken::new();
    let (handle, key) = transferring(shutdown.clone()).await;
    shutdown.cancel();
    idle().await;
    key.open();
    let account = soon(handle).await.state.unwrap();
    assert_eq!((account.left, account.arrived), (1, 1));
}

#[test]
fn row_20_callers_on_another_runtime_are_told_when_that_of_the_actor_ends() {
    watched(|| {
        let (theirs, ours) = (runtime_of(1), runtime_of(1));
        let worker = {
            let _entered = theirs.enter();
            worker(1)
        };
        let client = worker.client.clone();
        ours.block_on(async {
            let (gate, mut key) = gate();
            let calling = client.clone();
            let in_flight = tokio::spawn(async move { calling.hold_and_double(1, gate).await });
            key.entered().await;
            // Each call is polled, in this order, before the last one ends the other runtime.
            let answers = tokio::join!(
                biased;
                in_flight,
                client.double(2),
                client.double(3),
                tokio::task::spawn_blocking(|| drop(theirs)),
            );
            let (in_flight, queued, waiting, _) = answers;
            assert_eq!(in_flight.unwrap(), Err(CallError::Stopped));
            assert_eq!(queued, Err(CallError::Refused));
            assert_eq!(waiting, Err(CallError::Closed(Why::Aborted)));
            assert_eq!(client.double(4).await, Err(CallError::Closed(Why::Aborted)));
            assert!(client.is_closed());
            let exit = worker.handle.await;
            let expected = "aborted in hold_and_double: 0 handled, 1 refused, no state";
            assert_eq!(summary(&exit), expected);
        });
    });
}
