//! Events: announcements of an actor, and their subscribers.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, Sender, channel as signals};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use actor_runtime::{
    Actor, CallError, CancellationToken, Client as _, Context, EventEmitter, Notice, Stream,
    Subscription, Supervisor, actor, channel,
};
use tokio::task::LocalSet;

use crate::support::{Gate, gate, idle, on_four_threads, poll_once, soon, spawn, summary};

struct Radio;

#[actor(event = u32, event_capacity = 4)]
impl Radio {
    #[command(ack)]
    pub(crate) fn say(&mut self, number: u32, ctx: &mut Context<Self>) {
        ctx.emit(number);
    }

    pub(crate) fn ask(&mut self, number: u32, ctx: &mut Context<Self>) -> usize {
        ctx.emit(number)
    }

    #[command(ack)]
    pub(crate) fn count_to(&mut self, last: u32, ctx: &mut Context<Self>) {
        for number in 1..=last {
            ctx.emit(number);
        }
    }

    #[command(ack)]
    pub(crate) fn read_only(&self, ctx: &mut Context<Self>) {
        ctx.emit(0);
    }

    pub(crate) async fn say_before_and_after(
        &mut self,
        numbers: [u32; 2],
        gate: Gate,
        ctx: &mut Context<Self>,
    ) {
        ctx.emit(numbers[0]);
        gate.pass().await;
        ctx.emit(numbers[1]);
    }

    #[command(ack)]
    pub(crate) fn panic_after(&mut self, number: u32, ctx: &mut Context<Self>) {
        ctx.emit(number);
        std::panic::resume_unwind(Box::new(()))
    }
}

fn radio() -> RadioClient {
    Radio.spawn(CancellationToken::new())
}

/// Returns the notices that can be read at this moment.
fn seen<E: Clone + Send + 'static>(subscription: &mut Subscription<E>) -> Vec<Notice<E>> {
    let mut seen = Vec::new();
    while let Poll::Ready(Some(notice)) = poll_once(pin!(subscription.next())) {
        seen.push(notice);
    }
    seen
}

fn events<E>(events: impl IntoIterator<Item = E>) -> Vec<Notice<E>> {
    events.into_iter().map(Notice::Event).collect()
}

#[tokio::test(start_paused = true)]
async fn each_subscriber_gets_each_event_from_its_subscription_on() {
    let radio = radio();
    soon(radio.say(1)).await.unwrap();
    let mut early = radio.subscribe();
    soon(radio.say(2)).await.unwrap();
    let mut late = radio.subscribe();
    soon(radio.say(3)).await.unwrap();
    soon(radio.read_only()).await.unwrap();
    assert_eq!(seen(&mut early), events([2, 3, 0]));
    assert_eq!(seen(&mut late), events([3, 0]));
    soon(radio.say(4)).await.unwrap();
    assert_eq!(seen(&mut early), events([4]));
    assert_eq!(seen(&mut late), events([4]));
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_woken_by_the_event() {
    let radio = radio();
    let mut subscription = radio.subscribe();
    let next = spawn(async move { subscription.next().await });
    idle().await;
    assert!(!next.is_finished());
    soon(radio.say(1)).await.unwrap();
    assert_eq!(soon(next).await.unwrap(), Some(Notice::Event(1)));
}

#[tokio::test(start_paused = true)]
async fn who_is_too_slow_is_told_how_much_it_missed_and_goes_on() {
    async fn check(emitted: u32, expected: Vec<Notice<u32>>) {
        let radio = radio();
        let mut slow = radio.subscribe();
        let mut quick = radio.subscribe();
        for number in 1..=emitted {
            soon(radio.say(number)).await.unwrap();
            assert_eq!(seen(&mut quick), events([number]));
        }
        assert_eq!(seen(&mut slow), expected, "of {emitted}");
        soon(radio.say(100)).await.unwrap();
        assert_eq!(seen(&mut slow), events([100]));
    }
    check(4, events(1..=4)).await;
    for missed in 1..=9 {
        let mut expected = vec![Notice::Missed(u64::from(missed))];
        expected.extend(events(missed + 1..=missed + 4));
        check(missed + 4, expected).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_missed_is_counted_again_from_there() {
    let radio = radio();
    let mut slow = radio.subscribe();
    soon(radio.count_to(6)).await.unwrap();
    assert_eq!(soon(slow.next()).await, Some(Notice::Missed(2)));
    assert_eq!(soon(slow.next()).await, Some(Notice::Event(3)));
    soon(radio.count_to(3)).await.unwrap();
    assert_eq!(soon(slow.next()).await, Some(Notice::Missed(2)));
    assert_eq!(seen(&mut slow), events([6, 1, 2, 3]));
}

/// An event whose count tells whether anybody can still see it.
#[derive(Clone)]
pub(crate) struct Kept(#[expect(dead_code, reason = "it is there to be counted")] Arc<()>);

struct Keeper;

#[actor(event = Kept)]
impl Keeper {
    #[command(ack)]
    pub(crate) fn announce(&mut self, kept: Arc<()>, ctx: &mut Context<Self>) {
        ctx.emit(Kept(kept));
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_kept_for_nobody() {
    let keeper = Keeper.spawn(CancellationToken::new());
    let kept = Arc::new(());
    let announce = async || soon(keeper.announce(Arc::clone(&kept))).await.unwrap();

    announce().await;
    assert_eq!(Arc::strong_count(&kept), 1, "nobody has ever listened");

    let one = keeper.subscribe();
    let other = keeper.subscribe();
    announce().await;
    announce().await;
    assert_eq!(Arc::strong_count(&kept), 3);
    drop(one);
    assert_eq!(Arc::strong_count(&kept), 3, "the other one may look");
    drop(other);
    assert_eq!(Arc::strong_count(&kept), 1, "somebody still listens");

    announce().await;
    assert_eq!(Arc::strong_count(&kept), 1);
}

#[tokio::test(start_paused = true)]
async fn what_all_have_seen_is_kept_no_longer() {
    let keeper = Keeper.spawn(CancellationToken::new());
    let kept = Arc::new(());
    let mut subscriptions = [keeper.subscribe(), keeper.subscribe()];
    soon(keeper.announce(Arc::clone(&kept))).await.unwrap();
    for subscription in &mut subscriptions {
        assert!(Arc::strong_count(&kept) > 1);
        assert_eq!(seen(subscription).len(), 1);
    }
    assert_eq!(Arc::strong_count(&kept), 1);
}

#[tokio::test(start_paused = true)]
async fn subscriptions_do_not_keep_an_actor_alive_and_end_with_it() {
    let (radio, handle) = Radio.spawn_with_handle(CancellationToken::new());
    let mut subscription = radio.subscribe();
    let mut waiting = radio.subscribe();
    let next = spawn(async move { (waiting.next().await, waiting.next().await) });
    soon(radio.say(1)).await.unwrap();
    drop(radio);
    let exit = soon(handle).await;
    assert_eq!(
        summary(&exit),
        "clients dropped: 1 handled, 0 refused, state"
    );
    assert_eq!(soon(subscription.next()).await, Some(Notice::Event(1)));
    assert_eq!(soon(subscription.next()).await, None);
    assert_eq!(soon(subscription.next()).await, None);
    assert_eq!(soon(next).await.unwrap(), (Some(Notice::Event(1)), None));
}

#[tokio::test(start_paused = true)]
async fn events_of_an_actor_that_was_cut_off_are_seen() {
    let (radio, handle) = Radio.spawn_with_handle(CancellationToken::new());
    let mut subscription = radio.subscribe();
    let (gate, mut key) = gate();
    soon(radio.say_before_and_after([1, 2], gate))
        .await
        .unwrap();
    key.entered().await;
    handle.abort();
    let _ = soon(handle).await;
    assert_eq!(seen(&mut subscription), events([1]));
    assert_eq!(soon(subscription.next()).await, None);

    let radio = Radio.spawn(CancellationToken::new());
    let mut subscription = radio.subscribe();
    assert_eq!(soon(radio.panic_after(1)).await, Err(CallError::Panicked));
    assert_eq!(soon(subscription.next()).await, Some(Notice::Event(1)));
    assert_eq!(soon(subscription.next()).await, None);
}

#[tokio::test(start_paused = true)]
async fn an_event_is_seen_while_its_method_runs() {
    let radio = radio();
    let mut subscription = radio.subscribe();
    let (gate, mut key) = gate();
    soon(radio.say_before_and_after([1, 2], gate))
        .await
        .unwrap();
    key.entered().await;
    assert_eq!(seen(&mut subscription), events([1]));
    key.open();
    assert_eq!(soon(subscription.next()).await, Some(Notice::Event(2)));
}

#[tokio::test(start_paused = true)]
async fn a_subscription_can_come_before_the_start_and_after_the_end() {
    let (radio, runner) = Radio.builder().into_runner();
    let mut early = radio.subscribe();
    let told = spawn({
        let radio = radio.clone();
        async move { radio.say(1).await }
    });
    idle().await;
    assert_eq!(seen(&mut early), []);
    let shutdown = spawn(runner.run());
    soon(told).await.unwrap().unwrap();
    assert_eq!(seen(&mut early), events([1]));
    let weak = radio.downgrade();
    drop(radio);
    let _ = soon(shutdown).await;
    assert!(weak.upgrade().is_none());

    let (radio, handle) = Radio.spawn_with_handle(CancellationToken::new());
    let _ = soon(handle.shutdown(Duration::from_secs(1))).await;
    assert_eq!(soon(radio.subscribe().next()).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_subscription_to_what_never_runs_ends_when_the_runner_is_dropped() {
    let (radio, runner) = Radio.builder().into_runner();
    let mut subscription = radio.subscribe();
    drop(runner);
    assert_eq!(soon(subscription.next()).await, None);
}

#[tokio::test(start_paused = true)]
async fn all_clients_of_an_actor_subscribe_to_the_same_events() {
    let one = radio();
    let another = one.clone();
    let weak = one.downgrade();
    let mut subscriptions = [
        one.subscribe(),
        another.subscribe(),
        weak.upgrade().unwrap().subscribe(),
    ];
    // The subscription no longer needs the client.
    drop(one);
    soon(another.say(1)).await.unwrap();
    for subscription in &mut subscriptions {
        assert_eq!(seen(subscription), events([1]));
    }
}

#[test]
fn subscribers_on_other_threads_get_all_events_in_order() {
    on_four_threads(async {
        let radio = radio();
        let mut readers = Vec::new();
        for _ in 0..4 {
            let mut subscription = radio.subscribe();
            readers.push(spawn(async move {
                let (mut next, mut missed) = (1, 0);
                while let Some(notice) = subscription.next().await {
                    match notice {
                        Notice::Event(number) => {
                            assert_eq!(number, next);
                            next += 1;
                        }
                        Notice::Missed(count) => {
                            missed += count;
                            next += u32::try_from(count).unwrap();
                        }
                    }
                }
                (next, missed)
            }));
        }
        for number in 1..=2000 {
            radio.say(number).await.unwrap();
        }
        drop(radio);
        for reader in readers {
            let (next, missed) = reader.await.unwrap();
            assert_eq!(next, 2001, "{missed} missed");
        }
    });
}

/// An event whose clone takes as long as the test wants.
pub(crate) struct Heavy {
    number: u32,
    cloning: Sender<()>,
    go_on: Arc<std::sync::Mutex<Receiver<()>>>,
}

impl Clone for Heavy {
    fn clone(&self) -> Self {
        // The test may have stopped listening.
        let _ = self.cloning.send(());
        let _ = self.go_on.lock().unwrap().recv();
        Self {
            number: self.number,
            cloning: self.cloning.clone(),
            go_on: Arc::clone(&self.go_on),
        }
    }
}

struct Press;

#[actor(event = Heavy, event_capacity = 1)]
impl Press {
    #[command(ack)]
    pub(crate) fn print(&mut self, heavy: Heavy, ctx: &mut Context<Self>) {
        ctx.emit(heavy);
    }
}

#[test]
fn a_subscriber_that_is_slow_to_clone_does_not_slow_the_actor() {
    on_four_threads(async {
        let press = Press.spawn(CancellationToken::new());
        let (cloning, is_cloning) = signals();
        let (go_on, may_go_on) = signals();
        let go_on_cloning = Arc::new(std::sync::Mutex::new(may_go_on));
        let heavy = |number| Heavy {
            number,
            cloning: cloning.clone(),
            go_on: Arc::clone(&go_on_cloning),
        };
        let mut subscription = press.subscribe();
        // The last subscriber to see an event needs no clone.
        let _other = press.subscribe();
        press.print(heavy(1)).await.unwrap();
        let reader = thread::spawn(move || match poll_once(pin!(subscription.next())) {
            Poll::Ready(Some(Notice::Event(heavy))) => heavy.number,
            _ => panic!("no event"),
        });
        tokio::task::block_in_place(|| is_cloning.recv()).unwrap();
        press.print(heavy(2)).await.unwrap();
        drop(go_on);
        assert_eq!(reader.join().unwrap(), 1);
    });
}

/// An event that counts its clones.
pub(crate) struct Copied(Arc<AtomicU32>);

impl Clone for Copied {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, Relaxed);
        Self(Arc::clone(&self.0))
    }
}

struct Copier;

#[actor(event = Copied)]
impl Copier {
    #[command(ack)]
    pub(crate) fn copy(&mut self, copied: Copied, ctx: &mut Context<Self>) {
        ctx.emit(copied);
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_one_who_sees_an_event_needs_no_clone() {
    for subscribers in 1..=3 {
        let copier = Copier.spawn(CancellationToken::new());
        let mut subscriptions = Vec::new();
        for _ in 0..subscribers {
            subscriptions.push(copier.subscribe());
        }
        let clones = Arc::new(AtomicU32::new(0));
        soon(copier.copy(Copied(Arc::clone(&clones))))
            .await
            .unwrap();
        for subscription in &mut subscriptions {
            assert_eq!(seen(subscription).len(), 1);
        }
        assert_eq!(clones.load(Relaxed), subscribers - 1);
    }
}

struct Roomy;

#[actor(event = usize)]
impl Roomy {
    #[command(ack)]
    pub(crate) fn count_to(&mut self, last: usize, ctx: &mut Context<Self>) {
        for number in 1..=last {
            ctx.emit(number);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_can_be_as_far_behind_as_the_capacity() {
    let roomy = Roomy.spawn(CancellationToken::new());
    let mut subscription = roomy.subscribe();
    soon(roomy.count_to(64)).await.unwrap();
    assert_eq!(seen(&mut subscription), events(1..=64));
    soon(roomy.count_to(65)).await.unwrap();
    assert_eq!(soon(subscription.next()).await, Some(Notice::Missed(1)));
}

fn odd() -> usize {
    "odd".len()
}

struct Rounded;

#[actor(event = u32, event_capacity = odd())]
impl Rounded {
    #[command(ack)]
    pub(crate) fn count_to(&mut self, last: u32, ctx: &mut Context<Self>) {
        for number in 1..=last {
            ctx.emit(number);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_capacity_can_be_any_expression_and_is_rounded_up_to_a_power_of_two() {
    let rounded = Rounded.spawn(CancellationToken::new());
    let mut subscription = rounded.subscribe();
    soon(rounded.count_to(4)).await.unwrap();
    assert_eq!(seen(&mut subscription), events(1..=4));
    soon(rounded.count_to(5)).await.unwrap();
    assert_eq!(soon(subscription.next()).await, Some(Notice::Missed(1)));
}

/// Collects the items of any stream.
async fn collected<S: Stream + Unpin>(mut stream: S) -> Vec<S::Item> {
    let mut items = Vec::new();
    while let Some(item) = poll_fn(|cx| Pin::new(&mut stream).poll_next(cx)).await {
        items.push(item);
    }
    items
}

#[tokio::test(start_paused = true)]
async fn a_subscription_is_a_stream() {
    let radio = radio();
    let all = spawn(collected(radio.subscribe()));
    idle().await;
    for number in 1..=2 {
        soon(radio.say(number)).await.unwrap();
        idle().await;
    }
    soon(radio.count_to(5)).await.unwrap();
    drop(radio);
    let mut expected = events([1, 2]);
    expected.push(Notice::Missed(1));
    expected.extend(events(2..=5));
    assert_eq!(soon(all).await.unwrap(), expected);
}

struct Talkative {
    ticks: u32,
}

#[actor(event = &'static str)]
impl Talkative {
    #[command(ack)]
    pub(crate) fn command(&mut self, ctx: &mut Context<Self>) {
        ctx.emit("command");
    }

    #[command(ack)]
    pub(crate) async fn async_command(&mut self, ctx: &mut Context<Self>) {
        tokio::task::yield_now().await;
        ctx.emit("async command");
    }

    #[on_start]
    fn start(&mut self, ctx: &mut Context<Self>) {
        ctx.emit("start");
    }

    #[every(Duration::from_secs(1))]
    fn tick(&mut self, ctx: &mut Context<Self>) {
        self.ticks += 1;
        ctx.emit("tick");
    }

    #[on(std::future::ready(()), if self.ticks == 2)]
    fn ready(&mut self, ctx: &mut Context<Self>) {
        self.ticks = 100;
        ctx.emit("ready");
    }

    #[on_stop]
    async fn stop(&mut self, ctx: &mut Context<Self>) {
        tokio::task::yield_now().await;
        ctx.emit("stop");
    }
}

#[tokio::test(start_paused = true)]
async fn commands_sources_and_hooks_emit() {
    let (client, runner) = Talkative { ticks: 0 }.builder().into_runner();
    let all = spawn(collected(client.subscribe()));
    let end = spawn(runner.run());
    soon(client.command()).await.unwrap();
    soon(client.async_command()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    drop(client);
    let _ = soon(end).await;
    assert_eq!(
        soon(all).await.unwrap(),
        events([
            "start",
            "command",
            "async command",
            "tick",
            "tick",
            "ready",
            "stop"
        ])
    );
}

struct Choir<T> {
    last: Option<T>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Sung<T> {
    Note(T),
    Rest,
}

#[actor(event = Sung<T>)]
impl<T: Clone + Send + 'static> Choir<T> {
    pub(crate) fn sing(&mut self, note: T, ctx: &mut Context<Self>) {
        self.last = Some(note.clone());
        ctx.emit(Sung::Note(note));
        ctx.emit(Sung::Rest);
    }

    pub(crate) fn last(&self) -> Option<T> {
        self.last.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn events_can_be_generic() {
    let choir = Choir { last: None }.spawn(CancellationToken::new());
    let mut subscription: Subscription<Sung<String>> = choir.subscribe();
    soon(choir.sing("a".to_owned())).await.unwrap();
    assert_eq!(soon(choir.last()).await, Ok(Some("a".to_owned())));
    assert_eq!(
        seen(&mut subscription),
        events([Sung::Note("a".to_owned()), Sung::Rest])
    );
}

struct Local(Rc<u32>);

#[actor(local, event = u32)]
impl Local {
    #[command(ack)]
    pub(crate) fn say(&mut self, ctx: &mut Context<Self>) {
        ctx.emit(*self.0);
    }
}

#[tokio::test(start_paused = true)]
async fn local_actors_emit() {
    let (client, runner) = Local(Rc::new(7)).builder().into_runner();
    let local = LocalSet::new();
    let mut subscription = client.subscribe();
    local.spawn_local(runner.run());
    // Client and subscription are not bound to the thread of the actor.
    let caller = spawn(async move {
        client.say().await.unwrap();
        subscription.next().await
    });
    let notice = soon(local.run_until(caller)).await.unwrap();
    assert_eq!(notice, Some(Notice::Event(7)));
}

#[tokio::test(start_paused = true)]
async fn the_emitter_is_told_how_many_listen() {
    let radio = radio();
    assert_eq!(soon(radio.ask(1)).await, Ok(0));
    let mut first = radio.subscribe();
    let second = radio.subscribe();
    assert_eq!(soon(radio.ask(2)).await, Ok(2));
    drop(second);
    for number in 3..=6 {
        assert_eq!(soon(radio.ask(number)).await, Ok(1));
    }
    // One that is behind also counts.
    assert_eq!(seen(&mut first)[0], Notice::Missed(1));
    drop(first);
    assert_eq!(soon(radio.ask(7)).await, Ok(0));
}

#[tokio::test(start_paused = true)]
async fn the_holder_of_an_inbox_is_told_how_many_listen() {
    let (client, inbox) = channel::<Radio>(1);
    assert_eq!(inbox.emit(0), 0);
    let _subscription = client.subscribe();
    assert_eq!(inbox.emit(1), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fake_emits_too() {
    let (client, inbox) = channel::<Radio>(1);
    inbox.emit(0);
    let mut subscription = client.subscribe();
    inbox.emit(1);
    inbox.emit(2);
    assert_eq!(seen(&mut subscription), events([1, 2]));
    for number in 1..=6 {
        inbox.emit(number);
    }
    let mut expected = vec![Notice::Missed(2)];
    expected.extend(events(3..=6));
    assert_eq!(seen(&mut subscription), expected);
    inbox.emit(7);
    drop(inbox);
    assert_eq!(seen(&mut subscription), events([7]));
    assert_eq!(soon(subscription.next()).await, None);
    assert_eq!(soon(client.subscribe().next()).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_subscription_to_a_fake_does_not_keep_it_open() {
    let (client, mut inbox) = channel::<Radio>(1);
    let mut subscription = client.subscribe();
    drop(client);
    assert!(soon(inbox.next()).await.is_none());
    inbox.emit(1);
    assert_eq!(seen(&mut subscription), events([1]));
    drop(inbox);
    assert_eq!(soon(subscription.next()).await, None);
}

#[test]
fn without_an_actor_events_go_nowhere() {
    let mut context = Context::<Radio>::detached();
    assert_eq!(Radio.ask(1, &mut context), 0);
    Radio.count_to(100, &mut context);
}

/// An actor that gives its emitter away, and fails.
struct Station;

#[actor(event = u32)]
impl Station {
    pub(crate) fn emitter(&self, ctx: &mut Context<Self>) -> EventEmitter<u32> {
        ctx.emitter()
    }

    pub(crate) fn fail(&mut self, ctx: &mut Context<Self>) {
        ctx.fail("enough");
    }

    /// Emits in a task, once the gate is open.
    pub(crate) fn say_later(&self, number: u32, gate: Gate, ctx: &mut Context<Self>) {
        let emitter = ctx.emitter();
        ctx.spawn(async move {
            gate.pass().await;
            emitter.emit(number);
        });
    }
}

#[tokio::test(start_paused = true)]
async fn tasks_emit_until_their_actor_has_ended() {
    let (station, handle) = Station.spawn_with_handle(CancellationToken::new());
    let mut subscription = station.subscribe();
    let (gate, mut key) = gate();
    station.say_later(1, gate).await.unwrap();
    key.entered().await;
    drop(station);
    idle().await;
    // The end waits for the task, and the subscription for the end.
    key.open();
    assert_eq!(soon(subscription.next()).await, Some(Notice::Event(1)));
    assert_eq!(soon(subscription.next()).await, None);
    drop(soon(handle).await);
}

#[tokio::test(start_paused = true)]
async fn an_emitter_does_not_keep_its_actor_and_emits_nothing_after_the_end() {
    let (station, handle) = Station.spawn_with_handle(CancellationToken::new());
    let mut subscription = station.subscribe();
    let emitter = soon(station.emitter()).await.unwrap();
    assert_eq!(emitter.clone().emit(1), 1);
    let late = station.subscribe();
    assert_eq!(emitter.emit(2), 2);
    drop((station, late));
    soon(handle).await;
    assert_eq!(emitter.emit(3), 0);
    assert_eq!(seen(&mut subscription), events([1, 2]));
}

#[tokio::test(start_paused = true)]
async fn an_emitter_is_valid_for_all_incarnations() {
    let station = Supervisor::new(|| Station).spawn();
    let mut subscription = station.subscribe();
    let emitter = soon(station.emitter()).await.unwrap();
    station.fail().await.unwrap();
    idle().await;
    assert_eq!(emitter.emit(1), 1);
    soon(station.emitter()).await.unwrap();
    assert_eq!(emitter.emit(2), 1);
    assert_eq!(seen(&mut subscription), events([1, 2]));
}

#[test]
fn an_emitter_without_an_actor_emits_nothing() {
    fn check<T: Clone + Send + Sync + std::fmt::Debug + 'static>(_: &T) {}

    let emitter = Context::<Station>::detached().emitter();
    assert_eq!(emitter.emit(1), 0);
    check(&emitter);
}
