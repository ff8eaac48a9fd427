//! Latest values that an actor publishes, for readers and followers.

use std::future::{poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc::{Receiver, Sender, channel as signals};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use actor_runtime::{
    Actor, ActorHandle, CallError, CancellationToken, Client as _, Context, Reply, Stream, Watch,
    Why, actor, channel,
};
use tokio::task::{LocalSet, block_in_place};
use tokio::time::sleep;

use crate::support::{Gate, gate, idle, on_four_threads, poll_once, soon, spawn, summary};

#[derive(Default)]
struct Tank {
    level: u32,
    /// State that a method with `&self` can change.
    pressure: Arc<AtomicU32>,
}

#[actor]
impl Tank {
    #[command(ack)]
    pub(crate) fn set(&mut self, level: u32) {
        self.level = level;
    }

    /// A cast.
    pub(crate) fn put(&mut self, level: u32) {
        self.level = level;
    }

    pub(crate) async fn set_and_hold(&mut self, level: u32, gate: Gate) {
        self.level = level;
        gate.pass().await;
    }

    /// Answers before it is done.
    pub(crate) async fn set_and_defer(&mut self, level: u32, reply: Reply<u32>, gate: Gate) {
        self.level = level;
        reply.send(level);
        gate.pass().await;
    }

    #[command(ack)]
    pub(crate) fn press(&self, pressure: u32) {
        self.pressure.store(pressure, SeqCst);
    }

    #[command(batch = 4, arg = more)]
    pub(crate) fn add(&mut self, more: Vec<u32>) -> Vec<u32> {
        let mut levels = Vec::new();
        for more in more {
            self.level += more;
            levels.push(self.level);
        }
        levels
    }

    #[command(priority)]
    #[allow(clippy::unused_unit, reason = "a written `()` makes a call")]
    pub(crate) fn set_first(&mut self, level: u32) -> () {
        self.level = level;
    }

    /// Returns the value that a reader in the actor itself sees before and after a change.
    pub(crate) fn read_itself(&mut self, level: u32, ctx: &mut Context<Self>) -> (u32, u32) {
        let client = ctx.client().upgrade().expect("somebody called");
        let before = client.level();
        self.level = level;
        (before, client.level())
    }

    #[command(ack)]
    pub(crate) fn panic_after(&mut self, level: u32) {
        self.level = level;
        std::panic::resume_unwind(Box::new(()))
    }

    #[watch]
    pub(crate) fn level(&self) -> u32 {
        self.level
    }

    #[watch]
    pub(crate) fn is_full(&self) -> bool {
        self.level >= 100
    }

    #[watch]
    pub(crate) fn pressure(&self) -> u32 {
        self.pressure.load(SeqCst)
    }
}

fn tank(level: u32) -> (TankClient, ActorHandle<Tank>) {
    let tank = Tank {
        level,
        ..Tank::default()
    };
    tank.spawn_with_handle(CancellationToken::new())
}

/// Returns the values that can be read at this moment.
fn seen<T: Clone + Send + Sync + 'static>(watch: &mut Watch<T>) -> Vec<T> {
    let mut seen = Vec::new();
    while let Poll::Ready(Some(value)) = poll_once(pin!(watch.next())) {
        seen.push(value);
    }
    seen
}

#[tokio::test(start_paused = true)]
async fn a_value_is_there_before_the_first_turn() {
    let (tank, _handle) = tank(7);
    assert_eq!((tank.level(), tank.is_full()), (7, false));

    let (client, runner) = Tank::default().builder().into_runner();
    assert_eq!(client.level(), 0);
    let mut follower = client.watch_level();
    assert_eq!(seen(&mut follower), [0]);
    drop(runner);
    assert_eq!(client.level(), 0);
    assert_eq!(soon(follower.next()).await, None);
}

#[tokio::test(start_paused = true)]
async fn what_a_call_did_is_seen_once_it_has_returned() {
    let (tank, _handle) = tank(0);
    for level in [1, 100, 100, 2] {
        soon(tank.set(level)).await.unwrap();
        assert_eq!((tank.level(), tank.is_full()), (level, level == 100));
    }
    soon(tank.set_first(3)).await.unwrap();
    assert_eq!(tank.level(), 3);
    assert_eq!(soon(tank.add(4)).await, Ok(7));
    assert_eq!(tank.level(), 7);
}

#[test]
fn what_a_call_did_is_seen_by_other_threads_once_it_has_returned() {
    on_four_threads(async {
        let (tank, _handle) = tank(0);
        for level in 0..2000 {
            let calling = tank.clone();
            let call = spawn(async move {
                calling.set(level).await.unwrap();
                calling.level()
            });
            assert_eq!(call.await.unwrap(), level);
            assert_eq!(tank.level(), level);
        }
    });
}

#[tokio::test(start_paused = true)]
async fn what_a_cast_did_is_seen_when_it_is_done() {
    let (tank, _handle) = tank(0);
    let mut follower = tank.watch_level();
    assert_eq!(seen(&mut follower), [0]);
    soon(tank.put(1)).await.unwrap();
    assert_eq!(soon(follower.next()).await, Some(1));
    let (gate, mut key) = gate();
    soon(tank.set_and_hold(2, gate)).await.unwrap();
    key.entered().await;
    assert_eq!(tank.level(), 1, "the method is not done");
    key.open();
    assert_eq!(soon(follower.next()).await, Some(2));
}

#[tokio::test(start_paused = true)]
async fn a_deferred_reply_is_sent_when_the_method_sends_it() {
    let (tank, _handle) = tank(0);
    let (gate, mut key) = gate();
    assert_eq!(soon(tank.set_and_defer(1, gate)).await, Ok(1));
    key.entered().await;
    assert_eq!(tank.level(), 0);
    key.open();
    let mut follower = tank.watch_level();
    assert_eq!(seen(&mut follower), [0]);
    assert_eq!(soon(follower.next()).await, Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_method_that_only_reads_publishes_nothing() {
    let (tank, _handle) = tank(0);
    soon(tank.press(1)).await.unwrap();
    assert_eq!(tank.pressure(), 0);
    soon(tank.set(0)).await.unwrap();
    assert_eq!(tank.pressure(), 1);
}

/// A waker that counts how often it was woken.
#[derive(Default)]
struct Wakes(AtomicU32);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn only_what_differs_is_published() {
    let (tank, _handle) = tank(0);
    let wakes = Arc::new(Wakes::default());
    let counting = Waker::from(Arc::clone(&wakes));
    let mut cx = std::task::Context::from_waker(&counting);
    let (mut level, mut is_full) = (tank.watch_level(), tank.watch_is_full());
    assert_eq!(seen(&mut level), [0]);
    assert_eq!(seen(&mut is_full), [false]);
    assert!(Pin::new(&mut is_full).poll_next(&mut cx).is_pending());
    for next in [0, 0, 1, 2, 99] {
        soon(tank.set(next)).await.unwrap();
    }
    assert_eq!(wakes.0.load(SeqCst), 0, "the level is another value");
    soon(tank.set(100)).await.unwrap();
    assert_eq!(wakes.0.load(SeqCst), 1);
    assert_eq!(seen(&mut is_full), [true]);
    assert_eq!(seen(&mut level), [100]);
    assert!(Pin::new(&mut level).poll_next(&mut cx).is_pending());
    soon(tank.set(100)).await.unwrap();
    assert_eq!(wakes.0.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_slow_follower_skips_to_the_newest() {
    let (tank, _handle) = tank(0);
    let mut slow = tank.watch_level();
    assert_eq!(soon(slow.next()).await, Some(0));
    for level in 1..=5 {
        soon(tank.set(level)).await.unwrap();
    }
    assert_eq!(seen(&mut slow), [5]);
    let mut late = tank.watch_level();
    assert_eq!(seen(&mut late), [5]);
}

#[tokio::test(start_paused = true)]
async fn followers_end_after_the_last_value_and_do_not_keep_the_actor_alive() {
    let (tank, handle) = tank(0);
    let mut follower = tank.watch_level();
    let all = spawn(collected(tank.watch_level()));
    idle().await;
    soon(tank.put(1)).await.unwrap();
    drop(tank);
    assert_eq!(
        summary(&soon(handle).await),
        "clients dropped: 1 handled, 0 refused, state"
    );
    assert_eq!(soon(follower.next()).await, Some(1));
    assert_eq!(soon(follower.next()).await, None);
    assert_eq!(soon(follower.next()).await, None);
    assert_eq!(soon(all).await.unwrap(), [0, 1]);
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
async fn the_last_value_can_be_read_after_the_end() {
    let (client, handle) = tank(0);
    soon(client.set(1)).await.unwrap();
    let _ = soon(handle.shutdown(Duration::from_secs(1))).await;
    assert_eq!(
        soon(client.set(2)).await,
        Err(CallError::Closed(Why::Cancelled))
    );
    assert_eq!(client.level(), 1);
    assert_eq!(soon(collected(client.watch_level())).await, [1]);

    let (client, handle) = tank(0);
    soon(client.set(1)).await.unwrap();
    assert_eq!(soon(client.panic_after(2)).await, Err(CallError::Panicked));
    let _ = soon(handle).await;
    // The last one that was published.
    assert_eq!(client.level(), 1);
    assert_eq!(soon(collected(client.watch_level())).await, [1]);
}

#[tokio::test(start_paused = true)]
async fn all_clients_see_the_same_values() {
    let (tank, _handle) = tank(0);
    let (weak, another) = (tank.downgrade(), tank.clone());
    soon(another.set(5)).await.unwrap();
    assert_eq!(tank.level(), 5);
    assert_eq!(weak.upgrade().unwrap().level(), 5);
    let mut follower = weak.upgrade().unwrap().watch_level();
    drop(another);
    soon(tank.set(6)).await.unwrap();
    assert_eq!(seen(&mut follower), [6]);
}

#[tokio::test(start_paused = true)]
async fn a_method_can_read_its_own_actor() {
    let (tank, _handle) = tank(1);
    // The change is published when the method is done.
    assert_eq!(soon(tank.read_itself(2)).await, Ok((1, 1)));
    assert_eq!(tank.level(), 2);
}

/// A value whose clone takes as long as the test wants.
pub(crate) struct Sticky {
    number: u32,
    cloning: Sender<()>,
    go_on: Arc<Mutex<Receiver<()>>>,
}

impl Clone for Sticky {
    fn clone(&self) -> Self {
        // The test may have stopped listening.
        let _ = self.cloning.send(());
        let _ = self.go_on.lock().unwrap().recv();
        self.share()
    }
}

impl Sticky {
    /// Returns a clone without the delay.
    fn share(&self) -> Self {
        Self {
            number: self.number,
            cloning: self.cloning.clone(),
            go_on: Arc::clone(&self.go_on),
        }
    }
}

impl PartialEq for Sticky {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

struct Resin(Sticky);

#[actor]
impl Resin {
    #[command(ack)]
    pub(crate) fn set(&mut self, number: u32) {
        self.0.number = number;
    }

    #[watch]
    pub(crate) fn sticky(&self) -> Sticky {
        self.0.share()
    }

    #[watch]
    pub(crate) fn number(&self) -> u32 {
        self.0.number
    }
}

#[test]
fn readers_do_not_hold_up_the_actor() {
    on_four_threads(async {
        let (cloning, is_cloning) = signals();
        let (go_on, may_go_on) = signals();
        let resin = Resin(Sticky {
            number: 0,
            cloning,
            go_on: Arc::new(Mutex::new(may_go_on)),
        });
        let resin = resin.spawn(CancellationToken::new());
        let reading = resin.clone();
        let reader = thread::spawn(move || reading.sticky().number);
        block_in_place(|| is_cloning.recv()).unwrap();
        let mut follower = resin.watch_sticky();
        let follower = thread::spawn(move || match poll_once(pin!(follower.next())) {
            Poll::Ready(Some(sticky)) => sticky.number,
            _ => panic!("no value"),
        });
        block_in_place(|| is_cloning.recv()).unwrap();
        for number in 1..=100 {
            resin.set(number).await.unwrap();
            assert_eq!(resin.number(), number);
        }
        drop(go_on);
        assert_eq!(reader.join().unwrap(), 0);
        assert_eq!(follower.join().unwrap(), 0);
        assert_eq!(resin.sticky().number, 100);
    });
}

struct Diary {
    entries: Vec<&'static str>,
    is_due: bool,
}

#[actor]
impl Diary {
    #[command(ack)]
    pub(crate) fn make_due(&mut self) {
        self.is_due = true;
    }

    #[on_start]
    fn start(&mut self) -> Result<(), &'static str> {
        self.entries.push("start");
        Ok(())
    }

    #[every(Duration::from_secs(1))]
    fn tick(&mut self) {
        self.entries.push("tick");
    }

    #[on(ready(()), if self.is_due)]
    async fn due(&mut self) {
        tokio::task::yield_now().await;
        self.is_due = false;
        self.entries.push("due");
    }

    #[on_stop]
    async fn stop(&mut self) {
        tokio::task::yield_now().await;
        self.entries.push("stop");
    }

    #[watch]
    pub(crate) fn entries(&self) -> Vec<&'static str> {
        self.entries.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn what_sources_and_hooks_did_is_published() {
    let diary = Diary {
        entries: vec!["before"],
        is_due: false,
    };
    let (client, handle) = diary.spawn_with_handle(CancellationToken::new());
    assert_eq!(client.entries(), ["before"]);
    soon(handle.started()).await.unwrap();
    assert_eq!(client.entries(), ["before", "start"]);
    sleep(Duration::from_millis(1500)).await;
    assert_eq!(client.entries(), ["before", "start", "tick"]);
    soon(client.make_due()).await.unwrap();
    idle().await;
    assert_eq!(client.entries(), ["before", "start", "tick", "due"]);
    let _ = soon(handle.shutdown(Duration::from_secs(1))).await;
    assert_eq!(client.entries(), ["before", "start", "tick", "due", "stop"]);
}

/// A value that can be compared with all others but 13.
#[derive(Clone, Debug)]
pub(crate) struct Superstitious(u32);

impl PartialEq for Superstitious {
    fn eq(&self, other: &Self) -> bool {
        if other.0 == 13 {
            std::panic::resume_unwind(Box::new(()));
        }
        self.0 == other.0
    }
}

struct Floors(u32);

#[actor]
impl Floors {
    #[command(ack)]
    pub(crate) fn go_to(&mut self, floor: u32) {
        self.0 = floor;
    }

    #[command(batch = 2, arg = floor)]
    pub(crate) fn go_through(&mut self, floors: Vec<u32>) -> Vec<u32> {
        if let Some(&last) = floors.last() {
            self.0 = last;
        }
        floors
    }

    /// Panics below the first floor.
    #[watch]
    pub(crate) fn floor(&self) -> Superstitious {
        if self.0 == 0 {
            std::panic::resume_unwind(Box::new("no such floor"));
        }
        Superstitious(self.0)
    }
}

#[tokio::test(start_paused = true)]
async fn a_comparison_that_panics_is_a_panic_of_the_actor() {
    for bad in [13, 0] {
        let (floors, handle) = Floors(1).spawn_with_handle(CancellationToken::new());
        soon(floors.go_to(2)).await.unwrap();
        assert_eq!(soon(floors.go_to(bad)).await, Err(CallError::Panicked));
        assert_eq!(
            summary(&soon(handle).await),
            "panicked in go_to: 1 handled, 0 refused, no state"
        );
        assert_eq!(floors.floor().0, 2);
    }
}

/// The value is published before the answer is sent, so its panic comes first.
#[tokio::test(start_paused = true)]
async fn values_are_published_before_a_batch_is_answered() {
    let floors = Floors(1).spawn(CancellationToken::new());
    assert_eq!(soon(floors.go_through(2)).await, Ok(2));
    assert_eq!(soon(floors.go_through(13)).await, Err(CallError::Panicked));
}

#[tokio::test(start_paused = true)]
async fn a_value_that_cannot_be_computed_at_the_start_panics_there() {
    let spawned = catch_unwind(AssertUnwindSafe(|| {
        Floors(0).spawn(CancellationToken::new())
    }));
    let payload = spawned.unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"no such floor"));
}

struct Stack<T> {
    items: Vec<T>,
}

#[actor]
impl<T: Clone + PartialEq> Stack<T> {
    #[command(ack)]
    pub(crate) fn push(&mut self, item: T) {
        self.items.push(item);
    }

    #[watch]
    pub(crate) fn items(&self) -> Vec<T> {
        self.items.clone()
    }

    #[watch]
    pub(crate) fn last(&self) -> Option<T> {
        self.items.last().cloned()
    }
}

#[tokio::test(start_paused = true)]
async fn values_can_be_generic() {
    let stack = Stack { items: vec![] }.spawn(CancellationToken::new());
    assert_eq!(stack.last(), None);
    soon(stack.push("a".to_owned())).await.unwrap();
    soon(stack.push("b".to_owned())).await.unwrap();
    assert_eq!(stack.items(), ["a", "b"]);
    assert_eq!(stack.last().as_deref(), Some("b"));
    assert_eq!(seen(&mut stack.watch_items()), [["a", "b"]]);
}

struct Attributed(u8);

#[actor]
impl Attributed {
    #[command(ack)]
    pub(crate) fn add(&mut self) {
        self.0 += 1;
    }

    #[cfg(test)]
    #[watch]
    pub(crate) fn which(&self) -> &'static str {
        "test"
    }

    #[cfg(not(test))]
    #[watch]
    pub(crate) fn which(&self) -> Missing {
        Missing
    }

    #[watch]
    #[cfg(not(test))]
    pub(crate) fn absent(&self) -> Missing {
        Missing
    }

    #[deprecated = "it is old"]
    #[watch]
    pub(crate) fn old(&self) -> u8 {
        self.0
    }

    #[watch]
    #[must_use]
    pub(crate) fn needed(&self) -> u8 {
        self.0
    }
}

/// The expectations are the test: an expectation without its warning would be a warning itself.
#[tokio::test(start_paused = true)]
async fn attributes_reach_the_client() {
    let attributed = Attributed(1).spawn(CancellationToken::new());
    soon(attributed.add()).await.unwrap();
    assert_eq!(attributed.which(), "test");
    assert_eq!(seen(&mut attributed.watch_which()), ["test"]);
    #[expect(deprecated, reason = "the method of the client is deprecated, too")]
    let old = attributed.old();
    assert_eq!(old, 2);
    #[expect(unused_must_use, reason = "so is this what the client returns")]
    {
        attributed.needed();
    }
}

struct Local {
    words: Rc<str>,
}

#[actor(local)]
impl Local {
    #[command(ack)]
    pub(crate) fn replace(&mut self, words: String) {
        self.words = words.into();
    }

    #[watch]
    pub(crate) fn length(&self) -> usize {
        self.words.len()
    }
}

struct LocalCell<T> {
    value: Rc<T>,
}

#[actor(local)]
impl<T: Clone + PartialEq> LocalCell<T> {
    #[command(ack)]
    pub(crate) fn set(&mut self, value: T) {
        self.value = Rc::new(value);
    }

    #[watch]
    pub(crate) fn value(&self) -> T {
        T::clone(&self.value)
    }
}

#[tokio::test(start_paused = true)]
async fn values_of_local_actors_can_be_generic() {
    let value = Rc::new("a");
    let (client, runner) = LocalCell { value }.builder().into_runner();
    let local = LocalSet::new();
    local.spawn_local(runner.run());
    soon(local.run_until(client.set("b"))).await.unwrap();
    assert_eq!(client.value(), "b");
}

#[tokio::test(start_paused = true)]
async fn local_actors_publish() {
    let words = "a".into();
    let (client, runner) = Local { words }.builder().into_runner();
    let local = LocalSet::new();
    local.spawn_local(runner.run());
    assert_eq!(client.length(), 1);
    // The client is not bound to the thread of the actor.
    let caller = spawn(async move {
        client.replace("bcd".to_owned()).await.unwrap();
        client.length()
    });
    assert_eq!(soon(local.run_until(caller)).await.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_fake_publishes_the_values_of_its_choice() {
    let (client, inbox) = channel::<Tank>(1);
    let mut follower = client.watch_level();
    assert!(seen(&mut follower).is_empty());
    inbox.latest().level.publish(3);
    assert_eq!(client.level(), 3);
    assert_eq!(soon(follower.next()).await, Some(3));
    inbox.latest().level.publish(3);
    assert!(seen(&mut follower).is_empty());
    inbox.latest().is_full.publish(true);
    assert!(client.is_full());
    inbox.latest().level.publish(4);
    drop(inbox);
    assert_eq!(soon(collected(follower)).await, [4]);
    assert_eq!(client.level(), 4);
}

#[test]
#[should_panic(expected = "no value was published yet; publish one by `Inbox::latest`")]
fn what_a_fake_has_not_published_cannot_be_read() {
    let (client, inbox) = channel::<Tank>(1);
    inbox.latest().is_full.publish(false);
    assert!(!client.is_full());
    client.level();
}

#[test]
fn without_an_actor_nothing_is_published() {
    let mut tank = Tank::default();
    let mut context = Context::detached();
    for level in 1..=2 {
        let handled = tank.handle(TankCommand::Put { level }, &mut context);
        assert!(poll_once(pin!(handled)).is_ready());
    }
    assert_eq!(tank.level(), 2);
}
