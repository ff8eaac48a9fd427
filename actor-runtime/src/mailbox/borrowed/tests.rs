//! The state in the hands of a caller: when it is taken, how far it goes, and who is woken when it is back.

use std::any::Any;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Wake, Waker};

use tokio_util::sync::CancellationToken;

use super::*;
use crate::inbox::Inbox;
use crate::lent::{InPlace, Tally};
use crate::meters::Ticket;
use crate::sender::Sender;
use crate::shutdown::Shutdown;
use crate::spans::{Caller, Spans};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Order {
    /// Of a synchronous method.
    Quick(usize),
    /// Sends an urgent command in the middle.
    Calls,
    Slow,
    Urgent,
}

impl Command for Order {
    type Events = ();
    type Latest = InPlace<()>;

    const ACTOR: &'static str = "desk";
    const HAS_PRIORITY: bool = true;

    fn name(&self) -> &'static str {
        "order"
    }

    fn is_immediate(&self) -> bool {
        *self != Self::Slow
    }

    fn has_priority(&self) -> bool {
        *self == Self::Urgent
    }
}

/// The end of an actor takes its state out of the mailbox, which the state has a sender of.
impl Drop for Idle {
    fn drop(&mut self) {
        self.inbox.control().close();
        self.poll_loop();
    }
}

/// A state that notes what it handles.
struct Desk {
    handled: Arc<Mutex<Vec<Order>>>,
    own: Sender<Order>,
}

impl Lendable for Desk {
    fn handle_now(&mut self, sent: &mut dyn Any, _caller: Option<task::Id>) -> Handled {
        let sent = sent.downcast_mut::<Option<Sent<Order>>>().unwrap();
        let command = sent.take().unwrap().command;
        self.handled.lock().unwrap().push(command);
        if command == Order::Calls {
            self.own.cast(Order::Urgent).if_room().unwrap();
        }
        Handled::Done
    }

    fn tally(&mut self) -> &mut Tally {
        unreachable!("nobody counts")
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

/// An idle actor, whose state is in its mailbox.
struct Idle {
    sender: Sender<Order>,
    inbox: Inbox<Order>,
    handled: Arc<Mutex<Vec<Order>>>,
    loop_wakes: Arc<Wakes>,
}

impl Idle {
    fn new(capacity: usize) -> Self {
        let (sender, inbox) = Inbox::open(capacity, Shutdown::Stop, CancellationToken::new());
        let handled = Arc::<Mutex<Vec<Order>>>::default();
        let state = Box::new(Desk {
            handled: Arc::clone(&handled),
            own: sender.clone(),
        });
        let spans = Spans::new(|| inbox.control().title());
        let control = inbox.control();
        control.begin_lending(spans);
        control.lend(state);
        Self {
            sender,
            inbox,
            handled,
            loop_wakes: Arc::default(),
        }
    }

    fn lanes(&self) -> &Lanes<Order> {
        &self.inbox.shared().mailbox.lanes
    }

    fn take_state<'a>(
        &'a self,
        lane: &'a Lane<Contents<Order>>,
    ) -> Option<(Borrowed<'a, Order>, Locked<'a, Order>)> {
        let (state, locked) = self.lanes().take_state(lane, None)?;
        Some((Borrowed::new(self.lanes(), lane, None, state), locked))
    }

    fn queue(&self, orders: impl IntoIterator<Item = Order>) {
        for order in orders {
            self.sender.cast(order).if_room().unwrap();
        }
    }

    /// Polls the loop, which waits for the state.
    fn poll_loop(&mut self) -> bool {
        let waker = Waker::from(Arc::clone(&self.loop_wakes));
        let polled = self
            .inbox
            .control()
            .poll_state(&mut Context::from_waker(&waker));
        polled.is_ready()
    }

    fn is_taken_for(&self, order: Order) -> bool {
        let lanes = self.lanes();
        let Some((borrowed, locked)) = self.take_state(lanes.of(&order)) else {
            return false;
        };
        drop(locked);
        borrowed.give_back();
        true
    }

    /// Runs `order` in place as far as that goes. Returns true if the order itself was handled.
    fn run(&self, order: Order, cx: &mut Context<'_>) -> bool {
        let lane = self.lanes().of(&order);
        let (mut borrowed, locked) = self.take_state(lane).expect("the state is there");
        let mut sent = Some(Sent::new(
            order,
            Caller::of_cast("order", || self.inbox.control().title()),
            Ticket::new("order", self.inbox.shared().meters()),
        ));
        let position = borrowed.handle(locked, &mut sent, cx);
        borrowed.give_back();
        assert_eq!(position.is_some(), sent.is_none());
        position.is_some()
    }

    fn handled(&self) -> Vec<Order> {
        self.handled.lock().unwrap().clone()
    }
}

fn quick(numbers: impl Iterator<Item = usize>) -> impl Iterator<Item = Order> {
    numbers.map(Order::Quick)
}

#[test]
fn a_caller_handles_what_is_queued_first() {
    let idle = Idle::new(16);
    idle.queue(quick(1..=BEFORE));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(idle.run(Order::Quick(0), &mut cx));
    let expected: Vec<_> = quick((1..=BEFORE).chain([0])).collect();
    assert_eq!(idle.handled(), expected);
}

#[test]
fn a_caller_overtakes_nobody() {
    let idle = Idle::new(16);
    assert!(idle.is_taken_for(Order::Quick(0)));
    idle.queue(quick(0..BEFORE));
    assert!(idle.is_taken_for(Order::Quick(0)));
    idle.queue([Order::Quick(BEFORE)]);
    assert!(!idle.is_taken_for(Order::Quick(0)));

    for queued in [Order::Slow, Order::Urgent] {
        let idle = Idle::new(16);
        idle.queue([queued]);
        assert!(!idle.is_taken_for(Order::Quick(0)));
    }

    // One that waits for a slot.
    let idle = Idle::new(1);
    idle.queue([Order::Quick(0)]);
    let mut waits = pin!(idle.sender.cast(Order::Quick(1)));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(waits.as_mut().poll(&mut cx).is_pending());
    assert!(!idle.is_taken_for(Order::Quick(2)));
}

#[test]
fn no_caller_takes_the_state_of_an_actor_that_ends() {
    let idle = Idle::new(16);
    idle.inbox.control().lanes().interrupt();
    assert!(!idle.is_taken_for(Order::Quick(0)));
    assert!(!idle.is_taken_for(Order::Urgent));
    idle.inbox.control().lanes().resume();
    assert!(idle.is_taken_for(Order::Urgent));
    idle.inbox.control().lanes().close();
    assert!(!idle.is_taken_for(Order::Quick(0)));
}

#[test]
fn an_urgent_command_goes_before_that_of_the_caller() {
    let idle = Idle::new(16);
    idle.queue([Order::Calls, Order::Quick(1)]);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(!idle.run(Order::Quick(0), &mut cx));
    assert_eq!(idle.handled(), [Order::Calls]);
}

#[tokio::test(start_paused = true)]
async fn each_command_that_is_handled_for_others_costs_budget() {
    let idle = Idle::new(16);
    idle.queue(quick(1..=3));
    poll_fn(|cx| {
        let mut units = Vec::new();
        while let Poll::Ready(unit) = coop::poll_proceed(cx) {
            units.push(unit);
        }
        // One unit is given back.
        drop(units.pop());
        for unit in units {
            unit.made_progress();
        }
        assert!(!idle.run(Order::Quick(0), cx));
        Poll::Ready(())
    })
    .await;
    assert_eq!(idle.handled(), [Order::Quick(1), Order::Quick(2)]);
}

/// Does something while nobody has the state, and returns true if the loop takes it back for that.
fn takes_back(meanwhile: impl FnOnce(&Idle)) -> bool {
    let mut idle = Idle::new(16);
    assert!(!idle.poll_loop());
    meanwhile(&idle);
    idle.poll_loop()
}

#[test]
fn the_loop_takes_the_state_back_when_there_is_something_to_do() {
    assert!(!takes_back(|_| {}));
    assert!(takes_back(|idle| idle.queue([Order::Quick(0)])));
    assert!(takes_back(|idle| idle.queue([Order::Urgent])));
    assert!(takes_back(|idle| idle.inbox.control().lanes().interrupt()));
}

/// Does something while a caller has the state, and returns true if the loop, which has looked for it since, is woken
/// when the state is back.
fn wakes_loop(meanwhile: impl FnOnce(&Idle)) -> bool {
    let mut idle = Idle::new(16);
    let shared = Arc::clone(idle.inbox.shared());
    let lanes = &shared.mailbox.lanes;
    let (state, locked) = lanes.take_state(lanes.first(), None).expect("it is there");
    drop(locked);
    meanwhile(&idle);
    assert!(!idle.poll_loop());
    let before = idle.loop_wakes.0.load(Relaxed);
    Borrowed::new(lanes, lanes.first(), None, state).give_back();
    idle.loop_wakes.0.load(Relaxed) > before
}

#[test]
fn a_loop_with_something_to_do_is_woken_when_the_state_is_back() {
    assert!(!wakes_loop(|_| {}));
    assert!(wakes_loop(|idle| idle.queue([Order::Quick(0)])));
    assert!(wakes_loop(|idle| idle.queue([Order::Urgent])));
    assert!(wakes_loop(|idle| idle.inbox.control().lanes().close()));
    assert!(wakes_loop(|idle| idle.inbox.control().lanes().interrupt()));
}

#[test]
fn a_loop_is_not_woken_by_senders_while_its_state_is_lent() {
    let mut idle = Idle::new(16);
    let shared = Arc::clone(idle.inbox.shared());
    let lanes = &shared.mailbox.lanes;
    let (state, locked) = lanes.take_state(lanes.first(), None).expect("it is there");
    drop(locked);
    assert!(!idle.poll_loop());
    idle.queue([Order::Quick(0)]);
    assert_eq!(idle.loop_wakes.0.load(Relaxed), 0);
    Borrowed::new(lanes, lanes.first(), None, state).give_back();
    assert_eq!(idle.loop_wakes.0.load(Relaxed), 1);
}
