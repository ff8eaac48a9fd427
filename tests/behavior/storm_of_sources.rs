//! Callers, readers and followers on several threads that race with the end of an actor with sources. Each of them
//! ends, and their reports add up to the exit.

use std::panic;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use actor_runtime::{
    Actor as _, ActorHandle, CallError, CancellationToken, Client as _, Context, Exit, ExitReason,
    Notice, Replies, Reply, ReplyStream, Shutdown, Subscription, Watch, WeakClient, actor,
};
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tokio::task::{JoinSet, spawn_blocking, yield_now};

use crate::support::{Feed, feed, on_four_threads, runtime_of, spawn, watched};

const CALLERS: usize = 8;
const ROUNDS: usize = 16;
const HOUR: Duration = Duration::from_secs(60 * 60);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Death {
    Token,
    TokenAtOnce,
    ShutdownAndStop,
    ShutdownAndDrain,
    Abort,
    AbortAtOnce,
    Stop,
    Deadline,
    LastClient,
    RuntimeDropped,
    FailedStart,
    PanicInStart,
    PanicInCommand,
    PanicInSource,
    PanicInTask,
    PanicInStop,
}

const DEATHS: [Death; 16] = [
    Death::Token,
    Death::TokenAtOnce,
    Death::ShutdownAndStop,
    Death::ShutdownAndDrain,
    Death::Abort,
    Death::AbortAtOnce,
    Death::Stop,
    Death::Deadline,
    Death::LastClient,
    Death::RuntimeDropped,
    Death::FailedStart,
    Death::PanicInStart,
    Death::PanicInCommand,
    Death::PanicInSource,
    Death::PanicInTask,
    Death::PanicInStop,
];

/// The counts of events around one actor.
#[derive(Debug, Default)]
struct Counts {
    made: AtomicU64,
    dropped: AtomicU64,
    entered: AtomicU64,
    completed: AtomicU64,
    emitted: AtomicU64,
    tasks: AtomicU64,
    ended_tasks: AtomicU64,
    accepted: AtomicU64,
    /// Accepted commands whose callers learn no more.
    casts: AtomicU64,
    refused: AtomicU64,
    /// Accepted calls whose callers left before they learned the result.
    left: AtomicU64,
}

fn add(count: &AtomicU64) {
    count.fetch_add(1, SeqCst);
}

fn get(count: &AtomicU64) -> u64 {
    count.load(SeqCst)
}

/// A token that is sent with a command, and comes back.
struct Ticket(Arc<Counts>);

fn ticket(counts: &Arc<Counts>) -> Ticket {
    add(&counts.made);
    Ticket(Arc::clone(counts))
}

impl Drop for Ticket {
    fn drop(&mut self) {
        add(&self.0.dropped);
    }
}

/// A token that a task owns as long as it lives.
struct Alive(Arc<Counts>);

fn alive(counts: &Arc<Counts>) -> Alive {
    add(&counts.tasks);
    Alive(Arc::clone(counts))
}

impl Drop for Alive {
    fn drop(&mut self) {
        add(&self.0.ended_tasks);
    }
}

struct Victim {
    death: Death,
    /// The number of commands that it still handles before it dies, or asks for its death.
    left: u64,
    is_due: Arc<Notify>,
    alarm: Arc<Notify>,
    turns: u64,
    kept: Vec<(Ticket, Reply<Ticket>)>,
    counts: Arc<Counts>,
}

#[actor(capacity = 3, event = u64, event_capacity = 4, shutdown = drain)]
impl Victim {
    #[command(try)]
    pub(crate) async fn call(&mut self, ticket: Ticket, ctx: &mut Context<Self>) -> Ticket {
        self.live(1, ctx).await;
        ticket
    }

    #[command(priority, try)]
    pub(crate) async fn call_first(&mut self, ticket: Ticket, ctx: &mut Context<Self>) -> Ticket {
        self.live(1, ctx).await;
        ticket
    }

    #[command(try)]
    pub(crate) async fn cast(&mut self, _ticket: Ticket, ctx: &mut Context<Self>) {
        self.live(1, ctx).await;
    }

    #[command(priority, try)]
    pub(crate) async fn cast_first(&mut self, _ticket: Ticket, ctx: &mut Context<Self>) {
        self.live(1, ctx).await;
    }

    #[command(batch = 3)]
    pub(crate) async fn call_together(
        &mut self,
        tickets: Vec<Ticket>,
        ctx: &mut Context<Self>,
    ) -> Vec<Ticket> {
        self.live(tickets.len(), ctx).await;
        tickets
    }

    #[command(batch = 3)]
    pub(crate) async fn cast_together(&mut self, tickets: Vec<Ticket>, ctx: &mut Context<Self>) {
        self.live(tickets.len(), ctx).await;
    }

    #[command(skip_cancelled)]
    pub(crate) async fn find(&mut self, ticket: Ticket, ctx: &mut Context<Self>) -> Ticket {
        self.live(1, ctx).await;
        ticket
    }

    /// The source answers.
    pub(crate) async fn keep(
        &mut self,
        ticket: Ticket,
        reply: Reply<Ticket>,
        ctx: &mut Context<Self>,
    ) {
        self.kept.push((ticket, reply));
        self.alarm.notify_one();
        self.live(1, ctx).await;
    }

    /// A task of the actor answers.
    #[command(priority)]
    pub(crate) async fn delegate(
        &mut self,
        ticket: Ticket,
        reply: Reply<Ticket>,
        ctx: &mut Context<Self>,
    ) {
        let alive = alive(&self.counts);
        ctx.spawn(async move {
            yield_now().await;
            reply.send(ticket);
            drop(alive);
        });
        self.live(1, ctx).await;
    }

    /// A task of the actor answers, once it was told to stop.
    pub(crate) async fn delegate_until_stopped(
        &mut self,
        ticket: Ticket,
        reply: Reply<Ticket>,
        ctx: &mut Context<Self>,
    ) {
        let (alive, token) = (alive(&self.counts), ctx.token());
        ctx.spawn(async move {
            token.cancelled().await;
            reply.send(ticket);
            drop(alive);
        });
        self.live(1, ctx).await;
    }

    /// A task outside of the actor answers.
    pub(crate) async fn give_away(
        &mut self,
        ticket: Ticket,
        reply: Reply<Ticket>,
        ctx: &mut Context<Self>,
    ) {
        let alive = alive(&self.counts);
        spawn(async move {
            yield_now().await;
            reply.send(ticket);
            drop(alive);
        });
        self.live(1, ctx).await;
    }

    #[command(priority)]
    pub(crate) async fn list(
        &mut self,
        sent: Ticket,
        mut reply: ReplyStream<Ticket>,
        ctx: &mut Context<Self>,
    ) {
        for _ in 0..3 {
            // The reader stays.
            let _ = reply.send(ticket(&sent.0)).await;
        }
        self.live(1, ctx).await;
        reply.finish();
    }

    /// Sends more items than the reply has room for.
    pub(crate) async fn list_aside(
        &mut self,
        sent: Ticket,
        mut reply: ReplyStream<Ticket>,
        ctx: &mut Context<Self>,
    ) {
        let alive = alive(&self.counts);
        ctx.spawn(async move {
            let alive = alive;
            for _ in 0..20 {
                if reply.send(ticket(&alive.0)).await.is_err() {
                    return;
                }
            }
            reply.finish();
            drop(sent);
        });
        self.live(1, ctx).await;
    }

    #[watch]
    pub(crate) fn turns(&self) -> u64 {
        self.turns
    }

    #[on_start]
    async fn start(&mut self) -> Result<(), &'static str> {
        yield_now().await;
        match self.death {
            Death::FailedStart => Err("storm"),
            Death::PanicInStart => panic::resume_unwind(Box::new("storm")),
            _ => Ok(()),
        }
    }

    #[on(self.alarm.notified())]
    async fn answer_kept(&mut self) {
        if self.death == Death::PanicInSource && self.left == 0 {
            panic::resume_unwind(Box::new("storm"));
        }
        for (ticket, reply) in self.kept.drain(..) {
            reply.send(ticket);
        }
        yield_now().await;
    }

    #[on_stop]
    async fn end(&mut self) {
        yield_now().await;
        if self.death == Death::PanicInStop {
            panic::resume_unwind(Box::new("storm"));
        }
        self.turns += 1;
    }

    async fn live(&mut self, commands: usize, ctx: &mut Context<Self>) {
        let commands = u64::try_from(commands).unwrap();
        self.counts.entered.fetch_add(commands, SeqCst);
        self.turns += 1;
        add(&self.counts.emitted);
        ctx.emit(self.turns);
        if self.left > 0 {
            self.left -= 1;
            if self.left == 0 {
                self.die(ctx).await;
            }
        }
        if self.left.is_multiple_of(2) {
            yield_now().await;
        }
        self.counts.completed.fetch_add(commands, SeqCst);
    }

    async fn die(&mut self, ctx: &mut Context<Self>) {
        match self.death {
            Death::Stop | Death::PanicInStop => ctx.stop(),
            Death::PanicInCommand => panic::resume_unwind(Box::new("storm")),
            Death::PanicInSource => self.alarm.notify_one(),
            Death::PanicInTask => {
                let alive = alive(&self.counts);
                ctx.spawn(async move {
                    let _alive = alive;
                    yield_now().await;
                    panic::resume_unwind(Box::new("storm"));
                });
            }
            Death::Deadline => {
                self.is_due.notify_one();
                std::future::pending::<()>().await;
            }
            _ => self.is_due.notify_one(),
        }
    }
}

/// Reads a streamed reply to its end, and returns what the reader is told there.
async fn read(opened: Result<Replies<Ticket>, CallError>) -> Result<(), CallError> {
    let mut replies = opened?;
    while let Some(item) = replies.next().await {
        item?;
    }
    Ok(())
}

/// Reads the first item of a streamed reply, and leaves.
async fn glance(opened: Result<Replies<Ticket>, CallError>) -> Result<(), CallError> {
    let first = opened?.next().await;
    first.map_or(Ok(()), |item| item.map(drop))
}

const KINDS: usize = 17;

/// Sends a command of this kind. The error of an accepted command says what became of it.
async fn send(kind: usize, client: &VictimClient, counts: &Arc<Counts>) -> Result<(), CallError> {
    let ticket = ticket(counts);
    match kind {
        0 => client.call(ticket).await.map(drop),
        1 => client.call_first(ticket).await.map(drop),
        2 => client.cast(ticket).await,
        3 => client.cast_first(ticket).await,
        4 => client.try_call(ticket)?.await.map(drop),
        5 => client.try_call_first(ticket)?.await.map(drop),
        6 => client.try_cast(ticket),
        7 => client.try_cast_first(ticket),
        8 => client.call_together(ticket).await.map(drop),
        9 => client.cast_together(ticket).await,
        10 => client.find(ticket).await.map(drop),
        11 => client.keep(ticket).await.map(drop),
        12 => client.delegate(ticket).await.map(drop),
        13 => client.give_away(ticket).await.map(drop),
        14 => read(client.list(ticket).await).await,
        15 => read(client.list_aside(ticket).await).await,
        _ => glance(client.list_aside(ticket).await).await,
    }
}

fn is_cast(kind: usize) -> bool {
    [2, 3, 6, 7, 9].contains(&kind)
}

/// Notes the result, and returns true if the actor may still take commands.
fn note(result: &Result<(), CallError>, kind: usize, counts: &Counts) -> bool {
    match result {
        Err(CallError::Closed(_)) => return false,
        Err(CallError::Full) => return true,
        Err(CallError::Refused) => add(&counts.refused),
        Ok(()) if is_cast(kind) => add(&counts.casts),
        Ok(()) | Err(CallError::Stopped | CallError::Panicked | CallError::Unanswered) => {}
        Err(other) => panic!("an unexpected answer: {other:?}"),
    }
    add(&counts.accepted);
    true
}

/// Sends commands of all kinds, until the actor takes no more or `limit` were sent.
async fn send_until_the_end(first: usize, limit: usize, client: VictimClient, counts: Arc<Counts>) {
    for kind in (first..first + limit).map(|kind| kind % KINDS) {
        let result = send(kind, &client, &counts).await;
        if !note(&result, kind, &counts) {
            return;
        }
        if result == Err(CallError::Full) {
            yield_now().await;
        }
    }
}

/// Sends calls, and leaves each of them after a few polls.
async fn leave_until_the_end(limit: usize, client: VictimClient, counts: Arc<Counts>) {
    for round in 0..limit {
        let patience = async {
            for _ in 0..round % 4 {
                yield_now().await;
            }
        };
        tokio::select! {
            biased;
            result = client.find(ticket(&counts)) => {
                if !note(&result.map(drop), 10, &counts) {
                    return;
                }
            }
            () = patience => add(&counts.left),
        }
        yield_now().await;
    }
}

/// Returns the number of events, seen or missed.
async fn listen(mut events: Subscription<u64>) -> u64 {
    let mut count = 0;
    while let Some(notice) = events.next().await {
        count += match notice {
            Notice::Event(_) => 1,
            Notice::Missed(missed) => missed,
        };
    }
    count
}

/// Returns the last value.
async fn follow(mut turns: Watch<u64>) -> u64 {
    let mut last = 0;
    while let Some(turns) = turns.next().await {
        assert!(last <= turns);
        last = turns;
    }
    last
}

async fn bring_about(
    death: Death,
    is_due: &Notify,
    shutdown: &CancellationToken,
    runtime: Option<Runtime>,
    handle: ActorHandle<Victim>,
) -> Exit<Victim> {
    let is_at_once = matches!(death, Death::TokenAtOnce | Death::AbortAtOnce);
    let is_from_outside = matches!(
        death,
        Death::Token
            | Death::ShutdownAndStop
            | Death::ShutdownAndDrain
            | Death::Abort
            | Death::Deadline
            | Death::RuntimeDropped
    );
    if is_from_outside {
        assert_eq!(handle.started().await, Ok(()));
        is_due.notified().await;
    } else if !is_at_once && death != Death::LastClient {
        let has_failed = matches!(death, Death::FailedStart | Death::PanicInStart);
        assert_eq!(handle.started().await.is_err(), has_failed, "{death:?}");
    }
    match death {
        Death::ShutdownAndStop => return handle.shutdown_with(Shutdown::Stop, HOUR).await,
        Death::ShutdownAndDrain => return handle.shutdown_with(Shutdown::Drain, HOUR).await,
        Death::Abort | Death::AbortAtOnce => handle.abort(),
        Death::Token | Death::TokenAtOnce | Death::Deadline => {
            shutdown.cancel();
        }
        Death::RuntimeDropped => {
            spawn_blocking(|| drop(runtime)).await.unwrap();
        }
        _ => {}
    }
    // The start is done, or the actor has ended before it.
    let started = handle.started().await;
    assert!(matches!(started, Ok(()) | Err(CallError::Closed(_))));
    handle.await
}

fn check_exit(death: Death, exit: &Exit<Victim>) {
    let is_right = match (&exit.reason, exit.state.is_some()) {
        (ExitReason::Cancelled, true) => matches!(
            death,
            Death::Token | Death::TokenAtOnce | Death::ShutdownAndStop | Death::ShutdownAndDrain
        ),
        (ExitReason::Stopped, true) => death == Death::Stop,
        (ExitReason::ClientsDropped, true) => death == Death::LastClient,
        (ExitReason::StartFailed(_), true) => death == Death::FailedStart,
        (ExitReason::Aborted, false) => matches!(
            death,
            Death::Abort | Death::AbortAtOnce | Death::Deadline | Death::RuntimeDropped
        ),
        (ExitReason::Panicked(_), has_state) => match death {
            Death::PanicInTask => has_state,
            Death::PanicInStart
            | Death::PanicInCommand
            | Death::PanicInSource
            | Death::PanicInStop => !has_state,
            _ => false,
        },
        _ => false,
    };
    assert!(is_right, "{death:?}: {exit:?}");
}

fn check_counts(death: Death, exit: &Exit<Victim>, counts: &Counts) {
    let cut_off = get(&counts.entered) - get(&counts.completed);
    let (accepted, left) = (get(&counts.accepted), get(&counts.left));
    let (refused, casts) = (get(&counts.refused), get(&counts.casts));
    let total = exit.handled + exit.skipped + exit.refused + cut_off;
    let context = || format!("{death:?}: {exit:?}, {counts:?}");
    assert_eq!(exit.handled, get(&counts.completed), "{}", context());
    assert!(total >= accepted, "{}", context());
    assert!(total <= accepted + left, "{}", context());
    assert!(exit.refused >= refused, "{}", context());
    assert!(exit.refused <= refused + casts + left, "{}", context());
    assert!(exit.skipped <= left, "{}", context());
}

/// The commands of all actors that were not handled.
#[derive(Debug, Default)]
struct Totals {
    skipped: u64,
    refused: u64,
    cut_off: u64,
}

/// Runs one actor, from its start until nothing is left of it.
async fn storm(death: Death, round: usize, totals: &mut Totals) {
    let (is_due, shutdown) = (Arc::new(Notify::new()), CancellationToken::new());
    let counts = Arc::<Counts>::default();
    let victim = Victim {
        death,
        left: 1 + u64::try_from(round).unwrap() % 13 * 3,
        is_due: Arc::clone(&is_due),
        alarm: Arc::default(),
        turns: 0,
        kept: Vec::new(),
        counts: Arc::clone(&counts),
    };
    let mut builder = victim.builder().shutdown(shutdown.clone());
    if death == Death::Deadline {
        builder = builder.deadline(Duration::from_millis(1));
    }
    let runtime = (death == Death::RuntimeDropped).then(|| runtime_of(1 + round % 2));
    let (client, handle) = {
        let _entered = runtime.as_ref().map(Runtime::enter);
        builder.spawn_with_handle()
    };

    let (mut callers, mut listeners, mut followers) =
        (JoinSet::new(), JoinSet::new(), JoinSet::new());
    for _ in 0..2 {
        listeners.spawn(listen(client.subscribe()));
        followers.spawn(follow(client.watch_turns()));
    }
    let limit = match death {
        Death::LastClient => 1 + round % 7,
        _ => usize::MAX / 2,
    };
    for caller in 0..CALLERS {
        let client = client.clone();
        callers.spawn(send_until_the_end(
            caller * 5 + round,
            limit,
            client,
            Arc::clone(&counts),
        ));
    }
    if round.is_multiple_of(2) {
        callers.spawn(leave_until_the_end(
            limit,
            client.clone(),
            Arc::clone(&counts),
        ));
    }
    if death != Death::LastClient {
        let (client, counts) = (client.clone(), Arc::clone(&counts));
        callers.spawn(async move {
            let answer = client.delegate_until_stopped(ticket(&counts)).await;
            note(&answer.map(drop), 0, &counts);
        });
    }
    drop(client);

    let exit = bring_about(death, &is_due, &shutdown, runtime, handle).await;
    while let Some(caller) = callers.join_next().await {
        caller.unwrap();
    }
    check_exit(death, &exit);
    check_counts(death, &exit, &counts);
    let mut lasts = Vec::new();
    while let Some(last) = followers.join_next().await {
        lasts.push(last.unwrap());
    }
    assert_eq!(lasts[0], lasts[1]);
    if let (Some(state), false) = (&exit.state, death == Death::FailedStart) {
        assert_eq!(lasts[0], state.turns, "{death:?}");
    }
    while let Some(count) = listeners.join_next().await {
        assert_eq!(count.unwrap(), get(&counts.emitted), "{death:?}");
    }

    totals.skipped += exit.skipped;
    totals.refused += exit.refused;
    totals.cut_off += get(&counts.entered) - get(&counts.completed);
    drop(exit);
    // Values that nobody waits for may still be on their way.
    while get(&counts.tasks) != get(&counts.ended_tasks)
        || get(&counts.made) != get(&counts.dropped)
        || Arc::strong_count(&counts) > 1
    {
        yield_now().await;
    }
}

fn storms_on(threads: usize) {
    watched(move || {
        runtime_of(threads).block_on(async {
            let mut totals = Totals::default();
            for round in 0..ROUNDS {
                for death in DEATHS {
                    storm(death, round, &mut totals).await;
                }
            }
            let counts = [totals.skipped, totals.refused, totals.cut_off];
            assert!(!counts.contains(&0), "{totals:?}");
        });
    });
}

#[test]
fn all_that_waits_for_an_actor_ends_with_it_on_two_threads() {
    storms_on(2);
}

#[test]
fn all_that_waits_for_an_actor_ends_with_it_on_four_threads() {
    storms_on(4);
}

struct Daemon {
    items: Option<Feed<bool>>,
}

#[actor(capacity = 2, detached)]
impl Daemon {
    pub(crate) fn call(&mut self, ticket: Ticket) -> Ticket {
        ticket
    }

    #[command(priority)]
    pub(crate) async fn call_first(&mut self, ticket: Ticket) -> Ticket {
        yield_now().await;
        ticket
    }

    #[stream(self.items.take().unwrap())]
    fn item(&mut self, is_last: bool, ctx: &mut Context<Self>) {
        if is_last {
            ctx.stop();
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Streams,
    Item,
    Token,
}

const ENDS: [End; 3] = [End::Streams, End::Item, End::Token];

/// Calls a detached actor until it takes no more, or it is `enough`.
async fn call_until_the_end(
    weak: WeakClient<DaemonClient>,
    counts: Arc<Counts>,
    enough: CancellationToken,
) {
    for round in 0_usize.. {
        if enough.is_cancelled() {
            return;
        }
        // Such an actor keeps a client to itself until its streams have ended.
        let Some(client) = weak.upgrade() else {
            return;
        };
        let result = match round % 2 {
            0 => client.call(ticket(&counts)).await,
            _ => client.call_first(ticket(&counts)).await,
        };
        match result {
            Ok(_) => add(&counts.completed),
            Err(CallError::Refused) => add(&counts.refused),
            Err(error) => {
                assert!(matches!(error, CallError::Closed(_)), "{error}");
                return;
            }
        }
    }
}

#[test]
fn callers_of_a_detached_actor_are_told_the_truth_on_several_threads() {
    on_four_threads(async {
        for round in 0..300 {
            let end = ENDS[round % ENDS.len()];
            let (items, feed) = feed();
            let (counts, shutdown) = (Arc::<Counts>::default(), CancellationToken::new());
            let enough = CancellationToken::new();
            let daemon = Daemon { items: Some(feed) };
            let (client, handle) = daemon.spawn_with_handle(shutdown.clone());
            let mut callers = JoinSet::new();
            for _ in 0..CALLERS {
                let counts = Arc::clone(&counts);
                callers.spawn(call_until_the_end(
                    client.downgrade(),
                    counts,
                    enough.clone(),
                ));
            }
            drop(client);
            while get(&counts.completed) < u64::try_from(round % 20).unwrap() {
                items.send(false).unwrap();
                yield_now().await;
            }
            match end {
                End::Streams => {
                    drop(items);
                    enough.cancel();
                }
                End::Item => items.send(true).unwrap(),
                End::Token => shutdown.cancel(),
            }
            let exit = handle.await;
            while let Some(caller) = callers.join_next().await {
                caller.unwrap();
            }
            let is_right = match end {
                End::Streams => {
                    let is_last = matches!(
                        exit.reason,
                        ExitReason::Stopped | ExitReason::ClientsDropped
                    );
                    is_last && exit.refused == 0
                }
                End::Item => matches!(exit.reason, ExitReason::Stopped),
                End::Token => matches!(exit.reason, ExitReason::Cancelled),
            };
            assert!(is_right && exit.state.is_some(), "{end:?}: {exit:?}");
            assert_eq!(exit.handled, get(&counts.completed), "{end:?}: {counts:?}");
            assert_eq!(exit.refused, get(&counts.refused), "{end:?}: {counts:?}");
            assert_eq!(get(&counts.made), get(&counts.dropped), "{end:?}");
        }
    });
}
