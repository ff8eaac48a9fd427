//! Many callers at once: order and fairness.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use actor_runtime::{Actor as _, CancellationToken, actor};
use tokio::task::{JoinSet, yield_now};

use super::{Task, desk, idle, runs_here};
use crate::support::on_four_threads;

const CLIENTS: usize = 8;
const COMMANDS: usize = 3_000;

/// An actor that counts the commands of each client.
#[derive(Default)]
struct Turnstile {
    next: [usize; CLIENTS],
    out_of_order: usize,
}

#[actor(in_place, capacity = 4)]
impl Turnstile {
    pub(crate) fn cast(&mut self, client: usize, number: usize) {
        self.pass(client, number);
    }

    pub(crate) fn call(&mut self, client: usize, number: usize) -> Task {
        self.pass(client, number);
        tokio::task::try_id()
    }

    #[command(ack)]
    pub(crate) async fn wait(&mut self, client: usize, number: usize) {
        yield_now().await;
        self.pass(client, number);
    }

    #[command(ack, priority)]
    pub(crate) fn first(&mut self) {}

    fn pass(&mut self, client: usize, number: usize) {
        self.out_of_order += usize::from(self.next[client] != number);
        self.next[client] = number + 1;
    }
}

/// Sends commands in different ways, and returns how many ran on this task.
async fn send(turnstile: TurnstileClient, client: usize) -> usize {
    let mut here = 0;
    for number in 0..COMMANDS {
        match (number + client) % 7 {
            0 | 3 => turnstile.cast(client, number).await.unwrap(),
            5 if number % 5 == 0 => turnstile.wait(client, number).await.unwrap(),
            _ => {
                let ran = turnstile.call(client, number).await.unwrap();
                here += usize::from(ran == tokio::task::try_id());
            }
        }
        if number % 50 == 0 {
            turnstile.first().await.unwrap();
        }
    }
    here
}

#[test]
fn casts_and_calls_of_each_client_keep_their_order() {
    on_four_threads(async {
        let (turnstile, handle) = Turnstile::default().spawn_with_handle(CancellationToken::new());
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            clients.spawn(send(turnstile.clone(), client));
        }
        drop(turnstile);
        let here: usize = clients.join_all().await.into_iter().sum();
        assert!(here > 0);
        let state = handle.await.state.unwrap();
        assert_eq!((state.out_of_order, state.next), (0, [COMMANDS; CLIENTS]));
    });
}

/// Both tasks share one thread with the actor. With several such callers, the loop would handle most calls.
#[tokio::test(start_paused = true)]
async fn a_flood_of_calls_in_place_starves_nobody() {
    const FLOOD: usize = 100_000;
    let desk = desk();
    idle(&desk).await;
    let calls = Arc::<AtomicUsize>::default();
    let flood = {
        let (desk, calls) = (desk.clone(), Arc::clone(&calls));
        tokio::spawn(async move {
            let mut here = 0;
            while calls.fetch_add(1, SeqCst) < FLOOD {
                here += usize::from(runs_here(&desk).await);
            }
            here
        })
    };
    for number in 1..=20 {
        desk.note(number).await.unwrap();
        // The loop's own turn: the method is async.
        desk.wait(number).await.unwrap();
        yield_now().await;
    }
    let before = calls.swap(FLOOD, SeqCst);
    assert!(before < FLOOD / 2, "{before} calls came before 20 others");
    let here = flood.await.unwrap();
    assert!(here > before / 2, "{here} of {before} calls ran in place");
    assert_eq!(desk.log().await.unwrap().len(), 41);
}
