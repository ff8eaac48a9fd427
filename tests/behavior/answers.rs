//! Calls that are sent first and waited for later: the `try_` methods and their answers.

use std::cell::Cell;
use std::collections::VecDeque;
use std::thread;

use actor_runtime::{
    Actor as _, ActorHandle, Answer, CallError, CancellationToken, Reply, Why, actor,
};
use tokio::sync::oneshot;

use crate::support::{
    Cancellable, Gate, cancellable, gate, held_worker, hold, idle, poll_once, soon, spawn, summary,
    worker,
};

#[tokio::test(start_paused = true)]
async fn a_call_runs_before_anybody_polls_its_answer() {
    let worker = worker(8);
    let answers = [1, 2, 3].map(|number| worker.client.try_double(number).unwrap());
    idle().await;
    assert_eq!(worker.log.numbers(), [1, 2, 3]);
    for (answer, expected) in answers.into_iter().zip([2, 4, 6]) {
        assert_eq!(soon(answer).await, Ok(expected));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_does_not_keep_the_actor_alive() {
    let (worker, key) = held_worker(8).await;
    let answer = worker.client.try_double(1).unwrap();
    let dropped = worker.client.try_double(2).unwrap();
    drop(worker.client);
    key.open();
    let exit = soon(worker.handle).await;
    assert_eq!(
        summary(&exit),
        "clients dropped: 3 handled, 0 refused, state"
    );
    drop(dropped);
    // The answer was sent before the end.
    assert_eq!(soon(answer).await, Ok(2));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_lost_says_why() {
    let Cancellable { started, shutdown } = cancellable(8);
    let key = hold(&started.client).await;
    let refused = started.client.try_double(1).unwrap();
    shutdown.cancel();
    key.open();
    assert_eq!(soon(refused).await, Err(CallError::Refused));
    let closed = started.client.try_double(2).unwrap_err();
    assert_eq!(closed, CallError::Closed(Why::Cancelled));
}

/// An actor that answers in all ways and in none.
#[derive(Default)]
struct Clerk {
    kept: VecDeque<Reply<u32>>,
    seen: Vec<u32>,
}

#[actor(unbounded, try)]
impl Clerk {
    pub(crate) fn keep(&mut self, reply: Reply<u32>) {
        self.kept.push_back(reply);
    }

    pub(crate) fn answer(&mut self, number: u32) {
        if let Some(reply) = self.kept.pop_front() {
            reply.send(number);
        }
    }

    pub(crate) fn forget(&mut self) {
        self.kept.clear();
    }

    pub(crate) fn number(&self) -> u32 {
        1
    }

    pub(crate) fn is_waited_for(&self) -> bool {
        self.kept.iter().any(|reply| !reply.is_closed())
    }

    pub(crate) fn panic(&self) -> u32 {
        std::panic::resume_unwind(Box::new(()))
    }

    #[command(ack, skip_cancelled)]
    pub(crate) fn see(&mut self, number: u32) {
        self.seen.push(number);
    }

    pub(crate) fn seen(&self) -> Vec<u32> {
        self.seen.clone()
    }

    pub(crate) async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }

    /// Waits for an answer that another task may wait for, too.
    pub(crate) async fn wait(&mut self, answer: oneshot::Receiver<Answer<u32>>) -> Outcome {
        answer.await.unwrap().await
    }
}

type Outcome = Result<u32, CallError>;

fn clerk() -> (ClerkClient, ActorHandle<Clerk>, CancellationToken) {
    let shutdown = CancellationToken::new();
    let (client, handle) = Clerk::default().spawn_with_handle(shutdown.clone());
    (client, handle, shutdown)
}

#[tokio::test(start_paused = true)]
async fn a_deferred_answer_comes_later_or_says_why_not() {
    let (clerk, handle, shutdown) = clerk();
    let answers: Vec<_> = (0..3).map(|_| clerk.try_keep().unwrap()).collect();
    clerk.try_answer(7).unwrap();
    clerk.try_forget().unwrap();
    let kept = spawn(clerk.try_keep().unwrap());
    let unpolled = clerk.try_keep().unwrap();
    let mut outcomes = Vec::new();
    for answer in answers {
        outcomes.push(soon(answer).await);
    }
    let unanswered = Err(CallError::Unanswered);
    assert_eq!(outcomes, [Ok(7), unanswered.clone(), unanswered]);
    assert!(clerk.is_waited_for().await.unwrap());
    shutdown.cancel();
    let exit = soon(handle).await;
    // The final state still has the replies.
    assert_eq!(exit.state.as_ref().unwrap().kept.len(), 2);
    assert_eq!(soon(kept).await.unwrap(), Err(CallError::Stopped));
    assert_eq!(soon(unpolled).await, Err(CallError::Stopped));
    assert!(exit.state.unwrap().kept.iter().all(Reply::is_closed));
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_told_to_who_waits_for_the_answer() {
    let (clerk, _handle, _shutdown) = clerk();
    let panicked = clerk.try_panic().unwrap();
    let refused = clerk.try_see(1).unwrap();
    assert_eq!(soon(panicked).await, Err(CallError::Panicked));
    assert_eq!(soon(refused).await, Err(CallError::Refused));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_dropped_is_a_caller_that_has_left() {
    let (clerk, _handle, _shutdown) = clerk();
    let (gate, mut key) = gate();
    clerk.hold(gate).await.unwrap();
    key.entered().await;
    drop(clerk.try_see(1).unwrap());
    let answer = clerk.try_see(2).unwrap();
    drop(clerk.try_keep().unwrap());
    key.open();
    assert_eq!(soon(answer).await, Ok(()));
    assert_eq!(clerk.seen().await.unwrap(), [2]);
    assert!(!clerk.is_waited_for().await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_a_method_waits_for_is_a_wait() {
    let (clerk, _handle, _shutdown) = clerk();
    for send in [
        |clerk: &ClerkClient| clerk.try_keep(),
        |clerk: &ClerkClient| clerk.try_number(),
    ] {
        let (give, answer) = oneshot::channel();
        let waiting = spawn({
            let clerk = clerk.clone();
            async move { clerk.wait(answer).await }
        });
        idle().await;
        // Queued behind the method that will wait for it.
        assert!(give.send(send(&clerk).unwrap()).is_ok());
        let outcome = soon(waiting).await.unwrap().unwrap();
        let Err(CallError::Deadlock(cycle)) = &outcome else {
            panic!("{outcome:?} is no deadlock");
        };
        assert_eq!(cycle.to_string(), "clerk.wait → clerk");
        assert!(!outcome.unwrap_err().never_ran());
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_another_actor_is_no_deadlock() {
    let (one, _handle, _shutdown) = clerk();
    let (other, _handle, _shutdown) = clerk();
    let (give, answer) = oneshot::channel();
    assert!(give.send(other.try_keep().unwrap()).is_ok());
    let waiting = spawn(async move { one.wait(answer).await });
    idle().await;
    other.try_answer(1).unwrap();
    assert_eq!(soon(waiting).await.unwrap(), Ok(Ok(1)));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_taken_does_not_come_again() {
    let (clerk, _handle, _shutdown) = clerk();
    let mut answer = Box::pin(clerk.try_keep().unwrap());
    assert!(poll_once(answer.as_mut()).is_pending());
    clerk.try_answer(1).unwrap();
    assert_eq!(soon(answer.as_mut()).await, Ok(1));
    assert_eq!(soon(answer).await, Err(CallError::Unanswered));
}

/// Gives a number back when it is dropped.
struct Lease {
    number: u32,
    clerk: ClerkClient,
}

impl Drop for Lease {
    fn drop(&mut self) {
        drop(self.clerk.try_see(self.number));
        self.clerk.try_answer(self.number).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_drop_can_send() {
    let (clerk, _handle, _shutdown) = clerk();
    let answers = [1, 2, 3].map(|_| clerk.try_keep().unwrap());
    drop([1, 2, 3].map(|number| Lease {
        number,
        clerk: clerk.clone(),
    }));
    for (answer, number) in answers.into_iter().zip(1..) {
        assert_eq!(soon(answer).await, Ok(number));
    }
}

#[tokio::test]
async fn a_thread_without_a_runtime_can_send_and_wait() {
    let worker = worker(8);
    let client = worker.client.clone();
    let thread = thread::spawn(move || {
        client.try_note(1)?;
        let answer = client.try_double(2)?;
        answer.blocking_wait()
    });
    let joined = tokio::task::spawn_blocking(|| thread.join().unwrap());
    assert_eq!(joined.await.unwrap(), Ok(4));
    assert_eq!(worker.log.numbers(), [1, 2]);
    let answer = worker.client.try_double(3).unwrap();
    assert_eq!(answer.blocking_wait(), Err(CallError::Blocking));
}

/// An actor whose parameter is `Send` and `'static` only because it is an actor.
struct Slot<T>(Option<T>);

#[actor]
impl<T> Slot<T> {
    #[command(try)]
    pub(crate) fn replace(&mut self, value: T) -> Option<T> {
        self.0.replace(value)
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_may_be_generic() {
    let slot = Slot(None).spawn(CancellationToken::new());
    let first: Answer<Option<Cell<u32>>> = slot.try_replace(Cell::new(1)).unwrap();
    let second = slot.try_replace(Cell::new(2)).unwrap();
    assert_eq!(soon(second).await, Ok(Some(Cell::new(1))));
    assert_eq!(soon(spawn(first)).await.unwrap(), Ok(None));
}
