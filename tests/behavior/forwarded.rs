//! Answers of one actor that another one hands on.

use std::panic;
use std::time::Duration;

use actor_runtime::{
    Actor as _, ActorHandle, Answer, CallError, CancellationToken, Client as _, Context, Reply,
    WeakClient, actor,
};
use tokio::time::timeout;

use crate::support::{Gate, Log, calling, gate, idle, poll_once, soon, spawn, summary};

const SECOND: Duration = Duration::from_secs(1);

/// The actor that answers.
struct Back {
    log: Log,
    front: Option<WeakClient<FrontClient>>,
    kept: Vec<Reply<u32>>,
}

#[actor]
impl Back {
    #[command(try)]
    pub(crate) async fn double(&mut self, number: u32, gate: Gate) -> u32 {
        gate.pass().await;
        2 * number
    }

    /// Notes the number, unless the caller has left.
    #[command(try, skip_cancelled)]
    pub(crate) fn note(&mut self, number: u32) -> u32 {
        self.log.push(number);
        number
    }

    #[command(try)]
    pub(crate) fn fail(&mut self) -> u32 {
        panic::resume_unwind(Box::new("in the back"))
    }

    #[command(try)]
    pub(crate) fn keep(&mut self, reply: Reply<u32>) {
        self.kept.push(reply);
    }

    /// Returns the number of replies in the front, which it asks for.
    #[command(try)]
    pub(crate) async fn ask_front(&self) -> u32 {
        let front = self.front.as_ref().and_then(WeakClient::upgrade);
        front.unwrap().number().await.unwrap()
    }
}

/// The actor that hands the answers on.
struct Front {
    back: BackClient,
}

#[actor]
impl Front {
    pub(crate) fn number(&self) -> u32 {
        7
    }

    pub(crate) fn double(
        &self,
        number: u32,
        gate: Gate,
        reply: Reply<u32>,
        ctx: &mut Context<Self>,
    ) {
        hand_on(self.back.try_double(number, gate), reply, ctx);
    }

    pub(crate) fn note(&self, number: u32, reply: Reply<u32>, ctx: &mut Context<Self>) {
        hand_on(self.back.try_note(number), reply, ctx);
    }

    pub(crate) fn fail(&self, reply: Reply<u32>, ctx: &mut Context<Self>) {
        hand_on(self.back.try_fail(), reply, ctx);
    }

    pub(crate) fn keep(&self, reply: Reply<u32>, ctx: &mut Context<Self>) {
        hand_on(self.back.try_keep(), reply, ctx);
    }

    pub(crate) fn ask_back(&self, reply: Reply<u32>, ctx: &mut Context<Self>) {
        hand_on(self.back.try_ask_front(), reply, ctx);
    }

    /// Waits for the answer in the method, which holds up this actor.
    pub(crate) async fn double_here(&self, number: u32, gate: Gate, reply: Reply<u32>) {
        let answer = self.back.try_double(number, gate).unwrap();
        reply.forward(answer).await;
    }

    /// Waits in the method for somebody who waits for this method.
    pub(crate) async fn ask_back_here(&self, reply: Reply<u32>) {
        let answer = self.back.try_ask_front().unwrap();
        reply.forward(answer).await;
    }
}

fn hand_on(answer: Result<Answer<u32>, CallError>, reply: Reply<u32>, ctx: &mut Context<Front>) {
    if let Ok(answer) = answer {
        ctx.spawn(reply.forward(answer));
    }
}

struct Pair {
    front: FrontClient,
    front_handle: ActorHandle<Front>,
    back: BackClient,
    back_handle: ActorHandle<Back>,
    log: Log,
}

fn pair() -> Pair {
    let log = Log::default();
    let (front, prepared) = actor_runtime::prepare::<Front>(8);
    let back = Back {
        log: log.clone(),
        front: Some(front.downgrade()),
        kept: Vec::new(),
    };
    let (back, back_handle) = back.spawn_with_handle(CancellationToken::new());
    let state = Front { back: back.clone() };
    let (_, front_handle) = prepared.builder(state).spawn_with_handle();
    Pair {
        front,
        front_handle,
        back,
        back_handle,
        log,
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_handed_on_while_the_actor_goes_on() {
    let pair = pair();
    let (gate, mut key) = gate();
    let double = calling(&pair.front, |it| async move { it.double(4, gate).await }).await;
    key.entered().await;
    assert_eq!(soon(pair.front.number()).await, Ok(7));
    key.open();
    assert_eq!(soon(double).await.unwrap(), Ok(8));
}

#[tokio::test(start_paused = true)]
async fn an_actor_that_ends_waits_for_what_it_hands_on() {
    let pair = pair();
    let (gate, mut key) = gate();
    let double = calling(&pair.front, |it| async move { it.double(4, gate).await }).await;
    key.entered().await;
    let ended = spawn(pair.front_handle.shutdown(60 * SECOND));
    idle().await;
    assert!(!ended.is_finished());
    key.open();
    assert_eq!(soon(double).await.unwrap(), Ok(8));
    assert_eq!(
        summary(&soon(ended).await.unwrap()),
        "cancelled: 1 handled, 0 refused, state"
    );
}

#[tokio::test(start_paused = true)]
async fn an_actor_that_is_aborted_hands_nothing_on() {
    let pair = pair();
    let (gate, mut key) = gate();
    let double = calling(&pair.front, |it| async move { it.double(4, gate).await }).await;
    key.entered().await;
    pair.front_handle.abort();
    assert_eq!(soon(double).await.unwrap(), Err(CallError::Stopped));
    key.open();
    assert_eq!(soon(pair.back.note(1)).await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_come_is_missed_by_the_first_caller() {
    let unanswered = Err(CallError::Unanswered);
    // The other method panics.
    let front = pair().front;
    assert_eq!(soon(front.fail()).await, unanswered);
    // The other actor has ended, so nothing is sent.
    assert_eq!(soon(front.note(1)).await, unanswered);
    // The other actor ends before it begins.
    let pair = pair();
    let (gate, mut key) = gate();
    let double = calling(&pair.front, |it| async move { it.double(4, gate).await }).await;
    key.entered().await;
    let note = calling(&pair.front, |it| async move { it.note(1).await }).await;
    let ended = spawn(pair.back_handle.shutdown(60 * SECOND));
    idle().await;
    key.open();
    assert_eq!(soon(double).await.unwrap(), Ok(8));
    assert_eq!(soon(note).await.unwrap(), unanswered);
    soon(ended).await.unwrap();
    assert_eq!(pair.log.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_not_waited_for_when_its_actor_has_ended() {
    let pair = pair();
    let keep = calling(&pair.front, |it| async move { it.keep().await }).await;
    // The exit has the state, and the state has the reply.
    let exit = soon(pair.back_handle.shutdown(SECOND)).await;
    assert_eq!(exit.state.as_ref().unwrap().kept.len(), 1);
    assert_eq!(soon(keep).await.unwrap(), Err(CallError::Unanswered));
    drop(exit);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_leaves_is_told_to_the_other_actor() {
    let pair = pair();
    let (gate, mut key) = gate();
    let held = calling(&pair.front, |it| async move { it.double(4, gate).await }).await;
    key.entered().await;
    assert!(timeout(SECOND, pair.front.note(1)).await.is_err());
    idle().await;
    key.open();
    assert_eq!(soon(held).await.unwrap(), Ok(8));
    // A call of the same client, behind the one that is skipped.
    assert_eq!(soon(pair.front.note(2)).await, Ok(2));
    assert_eq!(pair.log.numbers(), [2]);
}

#[tokio::test(start_paused = true)]
async fn what_is_handed_on_is_no_wait_of_the_actor() {
    let pair = pair();
    // The other actor calls this one, which only hands the answer on.
    assert_eq!(soon(pair.front.ask_back()).await, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn an_answer_can_be_handed_on_by_the_method() {
    let pair = pair();
    let (gate, mut key) = gate();
    let double = calling(
        &pair.front,
        |it| async move { it.double_here(4, gate).await },
    );
    let double = double.await;
    key.entered().await;
    let number = calling(&pair.front, |it| async move { it.number().await }).await;
    key.open();
    assert_eq!(soon(double).await.unwrap(), Ok(8));
    assert_eq!(soon(number).await.unwrap(), Ok(7));
}

#[tokio::test(start_paused = true)]
async fn a_method_that_waits_for_itself_is_found() {
    let pair = pair();
    // The call that closes the ring fails, which the other method does not expect.
    assert_eq!(
        soon(pair.front.ask_back_here()).await,
        Err(CallError::Unanswered)
    );
    assert_eq!(soon(pair.front.number()).await, Ok(7));
    drop(pair.front);
}

#[tokio::test(start_paused = true)]
async fn replies_are_forwarded_without_actors() {
    let ((first, answer), (second, forwarded)) = (Reply::new(), Reply::new());
    let forward = spawn(first.forward(forwarded));
    second.send(5);
    assert_eq!(soon(answer).await, Ok(5));
    soon(forward).await.unwrap();

    let ((first, answer), (second, forwarded)) = (Reply::<u32>::new(), Reply::new());
    let mut forward = Box::pin(first.forward(forwarded));
    assert!(poll_once(forward.as_mut()).is_pending());
    assert!(!second.is_closed());
    drop(answer);
    soon(forward).await;
    assert!(second.is_closed());

    let ((first, answer), (second, forwarded)) = (Reply::<u32>::new(), Reply::new());
    drop(first.forward(forwarded));
    assert!(second.is_closed());
    assert_eq!(soon(answer).await, Err(CallError::Unanswered));
}
