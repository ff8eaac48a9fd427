//! Contexts: everything that a method learns about its actor, and methods called without one.

use std::borrow::Cow;
use std::pin::pin;
use std::time::Duration;

use actor_runtime::{
    Actor, CallError, CancellationToken, Client as _, Context, Reply, WeakClient, Why, actor,
};

use crate::support::{Gate, Log, gate, idle, poll_once, soon, spawn, summary};

struct Aware {
    log: Log,
}

#[actor(capacity = 2)]
impl Aware {
    pub(crate) fn itself(&self, ctx: &mut Context<Self>) -> WeakClient<AwareClient> {
        ctx.client().clone()
    }

    /// The context can stand anywhere, under any path, and has any name.
    pub(crate) fn in_the_middle(
        &self,
        before: u32,
        _: &mut actor_runtime::Context<Self>,
        after: u32,
    ) -> u32 {
        before - after
    }

    pub(crate) fn note(&mut self, number: u32) {
        self.log.push(number);
    }

    /// Sends itself a command, which is queued behind the others.
    pub(crate) fn note_later(&mut self, number: u32, ctx: &mut Context<Self>) -> bool {
        ctx.client()
            .upgrade()
            .is_some_and(|client| poll_once(Box::pin(client.note(number)).as_mut()).is_ready())
    }

    pub(crate) fn token(&self, ctx: &mut Context<Self>) -> CancellationToken {
        ctx.token()
    }

    /// Ends its task when it is asked to.
    pub(crate) async fn work_until_stopped(&mut self, gate: Gate, ctx: &mut Context<Self>) -> bool {
        let token = ctx.token();
        let was_cancelled = token.is_cancelled();
        gate.pass().await;
        token.cancelled().await;
        !was_cancelled
    }

    pub(crate) fn stop(&mut self, ctx: &mut Context<Self>) -> bool {
        let before = ctx.token();
        let was_cancelled = before.is_cancelled();
        ctx.stop();
        !was_cancelled && before.is_cancelled() && ctx.token().is_cancelled()
    }

    pub(crate) fn panic(&mut self) {
        std::panic::resume_unwind(Box::new(()))
    }
}

struct Running {
    client: AwareClient,
    handle: actor_runtime::ActorHandle<Aware>,
    log: Log,
    shutdown: CancellationToken,
}

fn aware() -> Running {
    let (log, shutdown) = (Log::default(), CancellationToken::new());
    let (client, handle) = Aware { log: log.clone() }.spawn_with_handle(shutdown.clone());
    Running {
        client,
        handle,
        log,
        shutdown,
    }
}

#[tokio::test(start_paused = true)]
async fn a_context_has_the_own_client_and_does_not_keep_the_actor_alive() {
    let aware = aware();
    let itself = soon(aware.client.itself()).await.unwrap();
    assert!(itself.upgrade().unwrap().same_actor(&aware.client));
    drop(aware.client);
    assert!(itself.upgrade().is_none());
    let exit = soon(aware.handle).await;
    assert_eq!(
        summary(&exit),
        "clients dropped: 1 handled, 0 refused, state"
    );
}

#[tokio::test(start_paused = true)]
async fn a_context_can_stand_anywhere() {
    let aware = aware();
    assert_eq!(soon(aware.client.in_the_middle(7, 3)).await, Ok(4));
}

#[tokio::test(start_paused = true)]
async fn a_method_can_send_to_its_own_actor() {
    let aware = aware();
    assert_eq!(soon(aware.client.note_later(1)).await, Ok(true));
    aware.client.note(2).await.unwrap();
    idle().await;
    assert_eq!(aware.log.numbers(), [1, 2]);
    drop(aware.client);
    assert_eq!(soon(aware.handle).await.handled, 3);
}

#[tokio::test(start_paused = true)]
async fn a_method_can_watch_for_the_end_of_its_actor() {
    async fn check(stop: impl AsyncFnOnce(&Running)) {
        let aware = aware();
        let (gate, mut key) = gate();
        let client = aware.client.clone();
        let call = spawn(async move { client.work_until_stopped(gate).await });
        key.entered().await;
        key.open();
        idle().await;
        assert!(!call.is_finished());
        stop(&aware).await;
        assert_eq!(soon(call).await.unwrap(), Ok(true));
        assert_eq!(soon(aware.handle).await.handled, 1);
    }
    check(async |aware| aware.shutdown.cancel()).await;
}

#[tokio::test(start_paused = true)]
async fn a_method_can_watch_for_a_shutdown_by_the_handle() {
    let aware = aware();
    let (gate, mut key) = gate();
    let client = aware.client.clone();
    let call = spawn(async move { client.work_until_stopped(gate).await });
    key.entered().await;
    key.open();
    idle().await;
    let exit = soon(aware.handle.shutdown(Duration::from_secs(60))).await;
    assert_eq!(soon(call).await.unwrap(), Ok(true));
    assert_eq!(summary(&exit), "cancelled: 1 handled, 0 refused, state");
    assert!(
        !aware.shutdown.is_cancelled(),
        "the handle is not the token"
    );
}

#[tokio::test(start_paused = true)]
async fn the_token_is_cancelled_as_soon_as_the_actor_stops_itself() {
    let aware = aware();
    assert_eq!(soon(aware.client.stop()).await, Ok(true));
    assert!(!aware.shutdown.is_cancelled());
    let exit = soon(aware.handle).await;
    assert_eq!(summary(&exit), "stopped: 1 handled, 0 refused, state");
}

#[tokio::test(start_paused = true)]
async fn the_token_is_cancelled_at_the_end_whatever_the_end_is() {
    async fn check(end: impl AsyncFnOnce(AwareClient, &Running)) {
        let aware = aware();
        let token = soon(aware.client.token()).await.unwrap();
        let again = soon(aware.client.token()).await.unwrap();
        idle().await;
        assert!(!token.is_cancelled());
        let client = aware.client.clone();
        let running = aware;
        end(client, &running).await;
        let Running {
            client,
            handle,
            shutdown,
            ..
        } = running;
        drop(client);
        let _ = soon(handle).await;
        assert!(token.is_cancelled());
        assert!(again.is_cancelled());
        drop(shutdown);
    }
    // Here the actor ends only because its last client is dropped.
    check(async |_, _| {}).await;
    check(async |_, running| running.shutdown.cancel()).await;
    check(async |_, running| running.handle.abort()).await;
    check(async |client, _| client.panic().await.unwrap()).await;
}

#[tokio::test(start_paused = true)]
async fn the_token_is_a_child_of_the_one_that_the_actor_was_started_with() {
    let aware = aware();
    let token = soon(aware.client.token()).await.unwrap();
    // Cancelling it cancels nothing else.
    token.cancel();
    idle().await;
    assert!(!aware.shutdown.is_cancelled());
    assert!(!aware.client.is_closed());
    assert!(poll_once(pin!(aware.client.closed())).is_pending());
    assert!(!soon(aware.client.token()).await.unwrap().is_cancelled());

    let aware = self::aware();
    let token = soon(aware.client.token()).await.unwrap();
    aware.shutdown.cancel();
    assert!(token.is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn methods_can_be_called_without_an_actor() {
    let log = Log::default();
    let mut aware = Aware { log: log.clone() };
    aware.note(1);
    let mut ctx = Context::detached();
    assert_eq!(aware.in_the_middle(5, &mut ctx, 2), 3);
    assert!(ctx.client().upgrade().is_none());
    assert!(!aware.note_later(1, &mut ctx));
    assert_eq!(log.numbers(), [1]);
}

#[tokio::test(start_paused = true)]
async fn commands_can_be_handled_without_an_actor() {
    let log = Log::default();
    let mut aware = Aware { log: log.clone() };
    let mut ctx = Context::detached();
    aware
        .handle(AwareCommand::Note { number: 1 }, &mut ctx)
        .await;
    assert_eq!(log.numbers(), [1]);
    let (reply, answer) = Reply::new();
    let command = AwareCommand::InTheMiddle {
        before: 5,
        after: 2,
        reply,
    };
    aware.handle(command, &mut ctx).await;
    assert_eq!(soon(answer).await, Ok(3));
}

/// A method that is tested on its own is not told that its actor was stopped.
#[tokio::test(start_paused = true)]
async fn a_detached_context_is_stopped_when_it_is_told_to() {
    let log = Log::default();
    let mut aware = Aware { log };
    let mut ctx = Context::detached();
    let token = ctx.token();
    assert!(!token.is_cancelled());
    assert!(aware.stop(&mut ctx));
    assert!(token.is_cancelled());
    assert!(ctx.token().is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_a_stopping_method_makes_to_its_own_actor_fails() {
    struct Stubborn;

    #[actor]
    impl Stubborn {
        pub(crate) async fn stop_and_ask(
            &mut self,
            ctx: &mut Context<Self>,
        ) -> Result<u8, CallError> {
            let client = ctx.client().upgrade().unwrap();
            ctx.stop();
            client.answer().await
        }

        pub(crate) fn answer(&self) -> u8 {
            42
        }
    }

    let stubborn = Stubborn.spawn(CancellationToken::new());
    assert_eq!(
        soon(stubborn.stop_and_ask()).await,
        Ok(Err(CallError::Closed(Why::Stopped)))
    );
}

type CtxOf<A> = Context<A>;
type NamedContext = Context<Renamed>;
type Ctx<'a> = &'a mut Context<Renamed>;

/// An actor whose methods know the context by other names.
struct Renamed(u32);

#[actor]
impl Renamed {
    pub(crate) fn by_parameter(&mut self, by: u32, c: &mut CtxOf<Self>) -> u32 {
        c.stop();
        self.0 + by
    }

    pub(crate) async fn by_alias(&mut self, c: &mut NamedContext) -> bool {
        tokio::task::yield_now().await;
        c.client().upgrade().is_some()
    }

    pub(crate) fn by_argument(&self, _ctx: Ctx<'_>, number: u32) -> u32 {
        self.0 + number
    }

    #[command(batch = 8, arg = number)]
    pub(crate) fn in_batches(&mut self, numbers: Vec<u32>, ctx: &mut NamedContext) -> Vec<u32> {
        assert!(!ctx.token().is_cancelled());
        numbers
    }

    /// A context of something else, which is sent.
    pub(crate) fn of_a_request(&mut self, context: Cow<'static, str>) -> usize {
        context.into_owned().len()
    }

    #[on_stop]
    fn ended(&mut self, ctx: Ctx<'_>) {
        assert!(ctx.token().is_cancelled());
        self.0 = 7;
    }
}

#[tokio::test(start_paused = true)]
async fn a_context_may_have_another_name() {
    let (client, handle) = Renamed(1).spawn_with_handle(CancellationToken::new());
    assert_eq!(client.by_alias().await, Ok(true));
    assert_eq!(client.by_argument(2).await, Ok(3));
    assert_eq!(client.in_batches(5).await, Ok(5));
    assert_eq!(client.of_a_request("four".into()).await, Ok(4));
    assert_eq!(client.by_parameter(2).await, Ok(3));
    assert_eq!(handle.await.state.unwrap().0, 7);
}
