//! The lives of the actors: their starts, and the different ways in which they end.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use actor_runtime::{
    Actor, ActorHandle, CancellationToken, Exit, SendActor, Shutdown, Supervisor, Watch,
};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::Dice;
use crate::actors::{Board, Desk, Vault};
use crate::service::{Account, Service};

const MILLISECOND: Duration = Duration::from_millis(1);
const MINUTE: Duration = Duration::from_secs(60);

/// One actor of each type.
pub(crate) struct Lives {
    vault: Life<Vault>,
    desk: Life<Desk>,
    board: Life<Board>,
    /// The tasks that follow the boards' latest values, each to the end of its board.
    followers: JoinSet<()>,
}

impl Lives {
    pub(crate) fn start(dice: &mut Dice, service: &Arc<Service>) -> Self {
        let mut followers = JoinSet::new();
        Self {
            vault: start_vault(dice, service),
            desk: start_desk(dice, service),
            board: start_board(dice, service, &mut followers),
            followers,
        }
    }

    /// Ends one of the actors, and starts another one of its type.
    pub(crate) async fn replace_one(mut self, dice: &mut Dice, service: &Arc<Service>) -> Self {
        match dice.roll(3) {
            0 => {
                self.vault.end(dice, &service.vault).await;
                self.vault = start_vault(dice, service);
            }
            1 => {
                self.desk.end(dice, &service.desk).await;
                self.desk = start_desk(dice, service);
            }
            _ => {
                self.board.end(dice, &service.board).await;
                self.board = start_board(dice, service, &mut self.followers);
            }
        }
        self
    }

    /// Ends all of them, one after the other, so that some actors call others that have ended.
    pub(crate) async fn end(self, dice: &mut Dice, service: &Service) {
        self.vault.end(dice, &service.vault).await;
        self.desk.end(dice, &service.desk).await;
        self.board.end(dice, &service.board).await;
        self.followers.join_all().await;
    }
}

/// An actor, with the means to end it.
struct Life<A: Actor> {
    shutdown: CancellationToken,
    end: End<A>,
}

/// The destination of the exit.
enum End<A: Actor> {
    Handle(ActorHandle<A>),
    Callback(oneshot::Receiver<Exit<A>>),
}

impl<A: Actor> Life<A> {
    /// Ends the actor in one of many ways, unless it has ended already, and writes its exit into the book.
    async fn end(self, dice: &mut Dice, account: &Account<A>) {
        let how = match dice.roll(2) {
            0 => Shutdown::Stop,
            _ => Shutdown::Drain,
        };
        let exit = match (self.end, dice.roll(5)) {
            (End::Handle(handle), 0) => {
                handle.abort();
                handle.await
            }
            (End::Handle(handle), 1) => handle.shutdown_with(how, MINUTE).await,
            (End::Handle(handle), 2) => handle.shutdown_with(how, Duration::ZERO).await,
            (end, 3) => {
                // Nobody else keeps a client for longer than a call.
                account.client.lock().unwrap().take();
                end.exit().await
            }
            (end, _) => {
                self.shutdown.cancel();
                end.exit().await
            }
        };
        account.book.add_exit(&exit);
    }
}

impl<A: Actor> End<A> {
    async fn exit(self) -> Exit<A> {
        match self {
            Self::Handle(handle) => handle.await,
            Self::Callback(exit) => exit
                .await
                .expect("an actor without a handle tells its exit"),
        }
    }
}

fn start_vault(dice: &mut Dice, service: &Arc<Service>) -> Life<Vault> {
    let shutdown = CancellationToken::new();
    let (incarnations, book) = (AtomicU32::new(0), Arc::clone(&service.vault.book));
    let factory = {
        let service = Arc::clone(service);
        move || Vault {
            service: Arc::clone(&service),
            incarnation: incarnations.fetch_add(1, Relaxed),
            puts: 0,
        }
    };
    let mut supervisor = Supervisor::new(factory)
        .restarts(usize::MAX, MINUTE)
        .backoff(MILLISECOND, 4 * MILLISECOND)
        .on_restart(move |exit| book.add_restart(&exit))
        .shutdown(shutdown.clone());
    if dice.roll(2) == 0 {
        supervisor = supervisor.deadline(MILLISECOND);
    }
    let (client, end) = if dice.roll(2) == 0 {
        let (client, handle) = supervisor.spawn_with_handle();
        (client, End::Handle(handle))
    } else {
        let (sender, exit) = oneshot::channel();
        let client = supervisor.on_exit(|exit| drop(sender.send(exit))).spawn();
        (client, End::Callback(exit))
    };
    *service.vault.client.lock().unwrap() = Some(client);
    Life { shutdown, end }
}

fn start_desk(dice: &mut Dice, service: &Arc<Service>) -> Life<Desk> {
    let desk = Desk {
        service: Arc::clone(service),
        asked: Vec::new(),
        notes: 0,
    };
    start(desk, dice, &service.desk)
}

fn start_board(
    dice: &mut Dice,
    service: &Arc<Service>,
    followers: &mut JoinSet<()>,
) -> Life<Board> {
    let board = Board {
        service: Arc::clone(service),
        ticks: 0,
    };
    let life = start(board, dice, &service.board);
    if let Some(client) = &*service.board.client.lock().unwrap() {
        followers.spawn(follow(client.watch_ticks()));
    }
    life
}

fn start<A: SendActor>(actor: A, dice: &mut Dice, account: &Account<A>) -> Life<A> {
    let shutdown = CancellationToken::new();
    let mut builder = actor.builder().shutdown(shutdown.clone());
    if dice.roll(2) == 0 {
        builder = builder.deadline(MILLISECOND);
    }
    let (client, end) = if dice.roll(2) == 0 {
        let (client, handle) = builder.spawn_with_handle();
        (client, End::Handle(handle))
    } else {
        let (sender, exit) = oneshot::channel();
        let client = builder.on_exit(|exit| drop(sender.send(exit))).spawn();
        (client, End::Callback(exit))
    };
    *account.client.lock().unwrap() = Some(client);
    Life { shutdown, end }
}

async fn follow(mut ticks: Watch<u64>) {
    let mut last = 0;
    while let Some(ticks) = ticks.next().await {
        assert!(last <= ticks);
        last = ticks;
    }
}
