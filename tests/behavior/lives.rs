//! The lives of actors that have sources, that have no commands, or that need no clients.

use std::time::Duration;

use actor_runtime::{
    Actor as _, ActorHandle, CancellationToken, Client as _, Context, SendActor, Supervisor, actor,
};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::sleep;

use crate::support::{Feed, Gate, Log, feed, gate, idle, soon, summary};

const SECOND: Duration = Duration::from_secs(1);

/// Defines an actor with a timer and two streams; the first one stops it with 99.
macro_rules! living {
    ($name:ident, [$($option:tt)*], { $($commands:tt)* }) => {
        struct $name(Parts);

        #[actor($($option)*)]
        impl $name {
            $($commands)*

            #[every(SECOND)]
            fn tick(&mut self) {
                self.0.ticks.push(0);
            }

            #[stream(self.0.first.take().unwrap())]
            fn first(&mut self, number: u32, ctx: &mut Context<Self>) {
                self.0.log.push(number);
                if number == 99 {
                    ctx.stop();
                }
            }

            #[stream(self.0.second.take().unwrap())]
            async fn second(&mut self, number: u32) {
                self.0.log.push(number);
            }
        }
    };
}

living!(Watcher, [], {});

living!(Server, [], {
    pub(crate) fn note(&mut self, number: u32) {
        self.0.log.push(number);
    }
});

living!(Daemon, [detached], {
    pub(crate) fn note(&mut self, number: u32) {
        self.0.log.push(number);
    }

    pub(crate) async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }
});

/// The parts of such an actor.
struct Parts {
    first: Option<Feed<u32>>,
    second: Option<Feed<u32>>,
    ticks: Log,
    log: Log,
}

/// A running actor of this kind, as its test sees it.
struct Living<A: SendActor> {
    client: A::Client,
    handle: ActorHandle<A>,
    first: UnboundedSender<u32>,
    second: UnboundedSender<u32>,
    ticks: Log,
    log: Log,
    shutdown: CancellationToken,
}

fn living<A: SendActor>(actor: fn(Parts) -> A) -> Living<A> {
    let (ticks, log, shutdown) = (Log::default(), Log::default(), CancellationToken::new());
    let (first, first_feed) = feed();
    let (second, second_feed) = feed();
    let actor = actor(Parts {
        first: Some(first_feed),
        second: Some(second_feed),
        ticks: ticks.clone(),
        log: log.clone(),
    });
    let (client, handle) = actor.spawn_with_handle(shutdown.clone());
    Living {
        client,
        handle,
        first,
        second,
        ticks,
        log,
        shutdown,
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Clients {
    Held,
    Dropped,
}

/// The ways in which an actor that does not need clients can end.
#[derive(Clone, Copy, Debug)]
enum End {
    Token,
    Handle,
    Itself,
    Streams,
}

/// Checks that such an actor lives on until it ends in this way.
async fn check_end<A: SendActor>(actor: fn(Parts) -> A, clients: Clients, end: End) {
    let Living {
        client,
        handle,
        first,
        second,
        ticks,
        log,
        shutdown,
    } = living(actor);
    let mut client = Some(client);
    if clients == Clients::Dropped {
        client = None;
    }
    sleep(SECOND * 9 / 2).await;
    first.send(1).unwrap();
    // The other stream has not ended.
    drop(second);
    idle().await;
    assert!(!handle.is_finished());
    assert_eq!((ticks.len(), log.numbers()), (4, vec![1]));
    let mut first = Some(first);
    let (reason, exit) = match end {
        End::Token => {
            shutdown.cancel();
            ("cancelled", soon(handle).await)
        }
        End::Handle => ("cancelled", soon(handle.shutdown(SECOND)).await),
        End::Itself => {
            first.as_ref().unwrap().send(99).unwrap();
            ("stopped", soon(handle).await)
        }
        End::Streams => {
            first = None;
            if client.is_some() {
                sleep(SECOND).await;
                assert!(!handle.is_finished());
                client = None;
                ("clients dropped", soon(handle).await)
            } else {
                ("stopped", soon(handle).await)
            }
        }
    };
    assert_eq!(
        summary(&exit),
        format!("{reason}: 0 handled, 0 refused, state"),
        "{clients:?} {end:?}"
    );
    assert!(client.is_none_or(|client| client.is_closed()));
    drop(first);
}

#[tokio::test(start_paused = true)]
async fn an_actor_that_needs_no_clients_lives_until_it_is_stopped_or_has_neither_streams_nor_clients()
 {
    for end in [End::Token, End::Handle, End::Itself, End::Streams] {
        for clients in [Clients::Held, Clients::Dropped] {
            check_end(Watcher, clients, end).await;
            check_end(Daemon, clients, end).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_actor_with_commands_ends_with_its_last_client_whatever_its_sources_do() {
    let server = living(Server);
    server.first.send(1).unwrap();
    sleep(SECOND * 5 / 2).await;
    let client = server.client.clone();
    drop(server.client);
    sleep(SECOND).await;
    client.note(2).await.unwrap();
    drop(client);
    let exit = soon(server.handle).await;
    assert_eq!(
        summary(&exit),
        "clients dropped: 1 handled, 0 refused, state"
    );
    assert_eq!(server.log.numbers(), [1, 2]);
    assert_eq!(server.ticks.len(), 3);
    drop((server.first, server.second));
}

#[tokio::test(start_paused = true)]
async fn an_actor_with_commands_outlives_its_streams() {
    let server = living(Server);
    drop((server.first, server.second));
    sleep(SECOND * 3 / 2).await;
    assert!(!server.handle.is_finished());
    server.client.note(1).await.unwrap();
    drop(server.client);
    let exit = soon(server.handle).await;
    assert_eq!(
        summary(&exit),
        "clients dropped: 1 handled, 0 refused, state"
    );
    assert_eq!(server.ticks.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_queued_when_the_streams_end_is_handled() {
    for clients in [Clients::Held, Clients::Dropped] {
        let daemon = living(Daemon);
        let (gate, mut key) = gate();
        daemon.client.hold(gate).await.unwrap();
        key.entered().await;
        for number in 1..=5 {
            daemon.client.note(number).await.unwrap();
        }
        daemon.second.send(6).unwrap();
        drop((daemon.first, daemon.second));
        let mut client = Some(daemon.client);
        let reason = match clients {
            Clients::Held => "clients dropped",
            Clients::Dropped => {
                client = None;
                "stopped"
            }
        };
        key.open();
        idle().await;
        assert_eq!(daemon.handle.is_finished(), client.is_none());
        drop(client);
        let exit = soon(daemon.handle).await;
        assert_eq!(
            summary(&exit),
            format!("{reason}: 6 handled, 0 refused, state")
        );
        let mut numbers = daemon.log.numbers();
        numbers.sort_unstable();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
    }
}

/// A detached actor, one without commands, and one that is neither.
#[tokio::test(start_paused = true)]
async fn the_end_of_the_streams_ends_no_actor_that_has_clients() {
    async fn check<A: SendActor>(actor: fn(Parts) -> A) {
        let living = living(actor);
        drop((living.first, living.second));
        sleep(SECOND * 5 / 2).await;
        assert!(!living.handle.is_finished());
        // Other sources go on.
        assert_eq!(living.ticks.len(), 2);
        let weak = living.client.downgrade();
        let client = weak.upgrade().unwrap();
        drop(living.client);
        sleep(SECOND).await;
        assert!(!living.handle.is_finished());
        assert_eq!(living.ticks.len(), 3);
        drop(client);
        assert!(weak.upgrade().is_none());
        assert_eq!(
            summary(&soon(living.handle).await),
            "clients dropped: 0 handled, 0 refused, state"
        );
    }
    check(Daemon).await;
    check(Watcher).await;
    check(Server).await;
}

/// The clients are gone first. A weak client finds the actor until its streams have ended, too.
#[tokio::test(start_paused = true)]
async fn a_detached_actor_without_clients_lives_until_its_streams_end() {
    async fn check<A: SendActor>(actor: fn(Parts) -> A) {
        let living = living(actor);
        let weak = living.client.downgrade();
        drop(living.client);
        drop(living.first);
        sleep(SECOND).await;
        assert!(weak.upgrade().is_some());
        living.second.send(1).unwrap();
        drop(living.second);
        assert_eq!(
            summary(&soon(living.handle).await),
            "stopped: 0 handled, 0 refused, state"
        );
        assert_eq!(living.log.numbers(), [1]);
        assert!(weak.upgrade().is_none());
    }
    check(Daemon).await;
    check(Watcher).await;
}

/// A detached actor whose streams begin again with each incarnation.
struct Restarted {
    feed: Option<Feed<u32>>,
    log: Log,
}

#[actor(detached)]
impl Restarted {
    pub(crate) fn fail(&self, ctx: &mut Context<Self>) {
        ctx.fail("a failure");
    }

    #[stream(self.feed.take().unwrap())]
    fn note(&mut self, number: u32) {
        self.log.push(number);
    }
}

#[tokio::test(start_paused = true)]
async fn a_restart_detaches_an_actor_again() {
    let log = Log::default();
    let (first, first_feed) = feed();
    let (second, second_feed) = feed();
    let mut feeds = vec![second_feed, first_feed];
    let made = log.clone();
    let (client, handle) = Supervisor::new(move || Restarted {
        feed: feeds.pop(),
        log: made.clone(),
    })
    .spawn_with_handle();
    drop(first);
    idle().await;
    client.fail().await.unwrap();
    sleep(SECOND).await;
    drop(client);
    sleep(SECOND).await;
    // The first incarnation would have ended.
    second.send(1).unwrap();
    idle().await;
    assert_eq!(log.numbers(), [1]);
    assert!(!handle.is_finished());
    drop(second);
    assert_eq!(
        summary(&soon(handle).await),
        "stopped: 0 handled, 0 refused, state"
    );
}

#[tokio::test(start_paused = true)]
async fn a_detached_actor_serves_clients_that_come_and_go() {
    let daemon = living(Daemon);
    let weak = daemon.client.downgrade();
    daemon.client.note(1).await.unwrap();
    let last = daemon.client.clone();
    drop(daemon.client);
    last.note(2).await.unwrap();
    drop(last);
    idle().await;
    assert!(!daemon.handle.is_finished());
    assert_eq!(daemon.log.numbers(), [1, 2]);
    let again = weak.upgrade().unwrap();
    again.note(3).await.unwrap();
    drop(again);
    idle().await;
    assert!(!daemon.handle.is_finished());
    assert_eq!(daemon.log.numbers(), [1, 2, 3]);
    daemon.shutdown.cancel();
    let exit = soon(daemon.handle).await;
    assert_eq!(summary(&exit), "cancelled: 3 handled, 0 refused, state");
    drop((daemon.first, daemon.second));
}

struct Bare;

#[actor]
impl Bare {}

#[tokio::test(start_paused = true)]
async fn an_actor_without_commands_and_sources_lives_until_it_is_stopped() {
    let shutdown = CancellationToken::new();
    let (client, handle) = Bare.spawn_with_handle(shutdown.clone());
    drop(client);
    sleep(SECOND).await;
    assert!(!handle.is_finished());
    shutdown.cancel();
    let exit = soon(handle).await;
    assert_eq!(summary(&exit), "cancelled: 0 handled, 0 refused, state");

    let (_client, handle) = Bare.spawn_with_handle(CancellationToken::new());
    let exit = soon(handle.shutdown(SECOND)).await;
    assert_eq!(summary(&exit), "cancelled: 0 handled, 0 refused, state");
}

/// An actor with a timer alone, which has no end.
struct Ticker(u32);

#[actor]
impl Ticker {
    #[every(SECOND)]
    fn tick(&mut self, ctx: &mut Context<Self>) {
        self.0 += 1;
        if self.0 == 100 {
            ctx.stop();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_actor_that_only_ticks_lives_until_it_stops() {
    let (client, handle) = Ticker(0).spawn_with_handle(CancellationToken::new());
    drop(client);
    let exit = soon(handle).await;
    assert_eq!(exit.state.map(|ticker| ticker.0), Some(100));
}
