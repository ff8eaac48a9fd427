//! `#[at]`: a deadline that moves, for which the loop keeps one timer.

use std::time::Duration;

use actor_runtime::{
    Actor as _, ActorHandle, CancellationToken, Client as _, Context, Supervisor, actor,
};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::yield_now;
use tokio::time::{Instant, advance, sleep};

use crate::support::{Gate, Log, gate, idle, soon, summary};

const SECOND: Duration = Duration::from_secs(1);

/// The number in the log for a deadline that has passed. Commands note smaller ones.
const DUE: u32 = 1000;

/// An actor with a deadline, which a command moves.
struct Alarm {
    log: Log,
    at: Option<Instant>,
    keeps_ringing: bool,
    /// The moments at which it rang, each with its deadline.
    rings: Vec<(Instant, Instant)>,
    gates: UnboundedReceiver<Gate>,
}

#[actor(capacity = 64)]
impl Alarm {
    #[command(ack)]
    pub(crate) fn set(&mut self, at: Option<Instant>) {
        self.at = at;
    }

    pub(crate) fn note(&mut self, number: u32) {
        self.log.push(number);
    }

    pub(crate) async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }

    pub(crate) fn panic(&mut self) {
        std::panic::resume_unwind(Box::new("told to"));
    }

    #[on(Some(gate) = self.gates.recv())]
    async fn hold_source(&mut self, gate: Gate) {
        gate.pass().await;
        self.log.push(1);
    }

    // Next to a future that borrows a field, any method may be called.
    #[at(self.next())]
    async fn ring(&mut self, due: Instant, ctx: &mut Context<Self>) {
        yield_now().await;
        self.log.push(DUE);
        self.rings.push((due, Instant::now()));
        if !self.keeps_ringing {
            self.at = None;
        }
        if self.rings.len() == 1000 {
            ctx.stop();
        }
    }

    fn next(&self) -> Option<Instant> {
        self.at
    }
}

struct Started {
    client: AlarmClient,
    handle: ActorHandle<Alarm>,
    log: Log,
    gates: UnboundedSender<Gate>,
    shutdown: CancellationToken,
}

fn alarm(at: Option<Instant>, keeps_ringing: bool) -> Started {
    let (gates, receiver) = mpsc::unbounded_channel();
    let log = Log::default();
    let alarm = Alarm {
        log: log.clone(),
        at,
        keeps_ringing,
        rings: Vec::new(),
        gates: receiver,
    };
    let shutdown = CancellationToken::new();
    let (client, handle) = alarm.spawn_with_handle(shutdown.clone());
    Started {
        client,
        handle,
        log,
        gates,
        shutdown,
    }
}

#[tokio::test(start_paused = true)]
async fn the_method_is_called_at_the_deadline_that_was_set_last() {
    let start = Instant::now();
    let Started { client, handle, .. } = alarm(Some(start + SECOND), false);
    sleep(SECOND / 2).await;
    client.set(Some(start + 3 * SECOND)).await.unwrap();
    sleep(2 * SECOND).await;
    client.set(Some(start + 3 * SECOND)).await.unwrap();
    sleep(SECOND).await;
    // It is off now, until it is set again.
    sleep(SECOND).await;
    client.set(Some(start + 5 * SECOND)).await.unwrap();
    sleep(SECOND / 4).await;
    client.set(Some(start + 7 * SECOND)).await.unwrap();
    sleep(SECOND / 4).await;
    client.set(Some(start + 6 * SECOND)).await.unwrap();
    sleep(4 * SECOND).await;
    drop(client);
    let rings = soon(handle).await.state.unwrap().rings;
    let expected = [3, 6].map(|seconds| start + seconds * SECOND);
    assert_eq!(rings, expected.map(|moment| (moment, moment)));
}

#[tokio::test(start_paused = true)]
async fn without_a_deadline_nothing_is_called() {
    let Started { client, log, .. } = alarm(Some(Instant::now() + SECOND), false);
    client.set(None).await.unwrap();
    sleep(5 * SECOND).await;
    client.note(1).await.unwrap();
    idle().await;
    assert_eq!(log.numbers(), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_in_the_past_is_due_at_once() {
    let start = Instant::now();
    advance(SECOND).await;
    let Started { client, handle, .. } = alarm(Some(start), false);
    idle().await;
    client.set(Some(start + SECOND / 2)).await.unwrap();
    idle().await;
    drop(client);
    let rings = soon(handle).await.state.unwrap().rings;
    let [first, second] = rings[..] else {
        panic!("{rings:?}");
    };
    assert_eq!(first, (start, start + SECOND));
    assert_eq!(second.0, start + SECOND / 2);
}

/// An actor whose deadline is the present moment, whenever it is asked.
struct Now {
    log: Log,
}

#[actor]
impl Now {
    pub(crate) fn note(&mut self, number: u32) {
        self.log.push(number);
    }

    #[at(Some(Instant::now()))]
    fn now(&mut self) {
        self.log.push(DUE);
    }
}

#[tokio::test]
async fn a_deadline_that_moves_with_time_is_due() {
    let log = Log::default();
    let now = Now { log: log.clone() }.spawn(CancellationToken::new());
    for number in 0..100 {
        now.note(number).await.unwrap();
        yield_now().await;
    }
    assert!(log.numbers().iter().filter(|it| **it == DUE).count() > 10);
}

/// Returns the log of an actor whose deadline passes while one command is in progress and others are queued.
async fn log_behind(queued: u32, keeps_ringing: bool) -> Vec<u32> {
    let Started {
        client,
        handle,
        log,
        ..
    } = alarm(Some(Instant::now() + SECOND), keeps_ringing);
    let (gate, mut key) = gate();
    client.hold(gate).await.unwrap();
    key.entered().await;
    for number in 1..=queued {
        client.note(number).await.unwrap();
    }
    sleep(2 * SECOND).await;
    key.open();
    drop(client);
    soon(handle).await;
    log.numbers()
}

#[tokio::test(start_paused = true)]
async fn queued_commands_go_before_a_deadline_that_has_passed() {
    assert_eq!(log_behind(1, false).await, [1, DUE]);
    assert_eq!(log_behind(8, false).await, [1, 2, 3, 4, 5, 6, 7, 8, DUE]);
}

/// The method is not called if a command in front of it has moved the deadline.
#[tokio::test(start_paused = true)]
async fn a_queued_command_may_move_a_deadline_that_has_passed() {
    let Started {
        client,
        handle,
        log,
        ..
    } = alarm(Some(Instant::now() + SECOND), false);
    let (gate, mut key) = gate();
    client.hold(gate).await.unwrap();
    key.entered().await;
    let move_it = tokio::spawn({
        let client = client.clone();
        async move { client.set(Some(Instant::now() + 9 * SECOND)).await }
    });
    sleep(2 * SECOND).await;
    key.open();
    soon(move_it).await.unwrap().unwrap();
    sleep(SECOND).await;
    assert!(log.numbers().is_empty());
    sleep(9 * SECOND).await;
    assert_eq!(log.numbers(), [DUE]);
    drop(client);
    soon(handle).await;
}

#[tokio::test(start_paused = true)]
async fn no_more_than_eight_commands_go_first() {
    let expected = [1, 2, 3, 4, 5, 6, 7, 8, DUE, 9, 10];
    assert_eq!(log_behind(10, false).await, expected);
}

/// The actor ends, too: what is always due does not hide that there are no more clients.
#[tokio::test(start_paused = true)]
async fn a_deadline_that_stays_past_is_served_once_per_round() {
    let log = log_behind(20, true).await;
    let rounds: Vec<&[u32]> = log.split(|&number| number == DUE).collect();
    assert_eq!(rounds[0], [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(rounds[1], [9, 10, 11, 12, 13, 14, 15, 16]);
    assert_eq!(rounds[2], [17, 18, 19, 20]);
    assert!(rounds.len() < 10, "{log:?}");
}

/// The deadline passes and a command arrives in the middle of a round, between the turns of two sources.
#[tokio::test(start_paused = true)]
async fn commands_go_first_in_the_middle_of_a_round() {
    let Started {
        client,
        handle,
        log,
        gates,
        ..
    } = alarm(Some(Instant::now() + SECOND), false);
    let (gate, mut key) = gate();
    gates.send(gate).unwrap();
    key.entered().await;
    sleep(2 * SECOND).await;
    client.note(2).await.unwrap();
    client.note(3).await.unwrap();
    key.open();
    drop(client);
    soon(handle).await;
    assert_eq!(log.numbers(), [1, 2, 3, DUE]);
}

/// Several commands at once make the loop let others run before it looks at its mailbox again.
#[tokio::test(start_paused = true)]
async fn commands_go_first_after_a_burst() {
    let Started { client, log, .. } = alarm(None, false);
    for number in 1..=4 {
        client.note(number).await.unwrap();
    }
    let (set, noted) = tokio::join!(client.set(Some(Instant::now())), client.note(5));
    assert_eq!((set, noted), (Ok(()), Ok(())));
    idle().await;
    assert_eq!(log.numbers(), [1, 2, 3, 4, 5, DUE]);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_is_off_once_the_actor_ends() {
    let Started {
        client,
        handle,
        log,
        shutdown,
        ..
    } = alarm(Some(Instant::now() + SECOND), false);
    let (gate, mut key) = gate();
    client.hold(gate).await.unwrap();
    key.entered().await;
    client.note(1).await.unwrap();
    sleep(2 * SECOND).await;
    shutdown.cancel();
    key.open();
    assert_eq!(
        summary(&soon(handle).await),
        "cancelled: 1 handled, 1 refused, state"
    );
    assert_eq!(log.numbers(), [0; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_restarted_actor_has_a_timer_of_its_own() {
    let log = Log::default();
    let start = Instant::now();
    let factory = {
        let log = log.clone();
        move || Alarm {
            log: log.clone(),
            at: Some(start + 5 * SECOND),
            keeps_ringing: false,
            rings: Vec::new(),
            gates: mpsc::unbounded_channel().1,
        }
    };
    let client = Supervisor::new(factory).spawn();
    client.panic().await.unwrap();
    sleep(4 * SECOND).await;
    assert_eq!(log.numbers(), [0; 0]);
    sleep(2 * SECOND).await;
    assert_eq!(log.numbers(), [DUE]);
    assert!(!client.is_closed());
}

#[tokio::test(start_paused = true)]
async fn a_deadline_may_be_as_far_away_as_an_instant_can_be() {
    let now = Instant::now();
    let lengths = (0..64).map(|power| Duration::from_secs(1 << power));
    let farthest = lengths.filter_map(|length| now.checked_add(length)).max();
    let Started { client, log, .. } = alarm(farthest, false);
    client.note(1).await.unwrap();
    sleep(SECOND).await;
    client.set(Some(now)).await.unwrap();
    idle().await;
    assert_eq!(log.numbers(), [1, DUE]);
}

/// An actor with two deadlines, a third that is not compiled, and nothing else to wait for.
struct Deadlines<'a, T> {
    first: Option<Instant>,
    second: Option<Instant>,
    log: &'a Log,
    value: T,
}

#[actor(local, unbounded, shutdown = drain)]
impl<T: Clone + Into<u32> + 'static> Deadlines<'_, T> {
    pub(crate) async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }

    pub(crate) fn note(&self, number: u32) {
        self.log.push(number);
    }

    #[at(self.second)]
    fn second(&mut self) {
        self.log.push(2);
        self.second = None;
    }

    #[cfg(false)]
    #[at(self.third)]
    fn third(&mut self, at: Missing) {}

    #[cfg(true)]
    #[at(self.first,)]
    fn first(&mut self) {
        self.log.push(self.value.clone().into());
        self.first = None;
    }
}

#[tokio::test(start_paused = true)]
async fn an_actor_may_have_several_deadlines() {
    let (now, log) = (Instant::now(), Log::default());
    let deadlines = Deadlines {
        first: Some(now + SECOND),
        second: Some(now + 2 * SECOND),
        log: &log,
        value: 1_u16,
    };
    let (client, runner) = deadlines.builder().into_runner();
    let test = async move {
        sleep(5 * SECOND).await;
        drop(client);
    };
    tokio::join!(soon(runner.run()), test);
    assert_eq!(log.numbers(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn deadlines_are_off_while_an_actor_drains() {
    let (now, log) = (Instant::now(), Log::default());
    let deadlines = Deadlines {
        first: Some(now + SECOND),
        second: None,
        log: &log,
        value: 1_u16,
    };
    let shutdown = CancellationToken::new();
    let (client, runner) = deadlines.builder().shutdown(shutdown.clone()).into_runner();
    let test = async move {
        let (gate, mut key) = gate();
        client.hold(gate).await.unwrap();
        key.entered().await;
        for number in 10..20 {
            client.note(number).await.unwrap();
        }
        shutdown.cancel();
        sleep(2 * SECOND).await;
        key.open();
    };
    tokio::join!(soon(runner.run()), test);
    assert_eq!(log.numbers(), (10..20).collect::<Vec<u32>>());
}
