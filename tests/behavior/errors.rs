//! Errors: the results of client methods, by their types and after the actor's end.

use std::io;

use actor_runtime::{Answer, CallError, Reply, Why, actor, channel};

use crate::support::soon;

/// Checks that `method` is an async function of a client, an argument and a result of these types.
fn check_type<C, A, R>(_method: impl AsyncFn(&C, A) -> R) {}

/// Checks the types of a function that is not async.
fn check_plain_type<C, A, R>(_method: impl Fn(&C, A) -> R) {}

#[derive(Debug, PartialEq)]
enum AppError {
    Call(CallError),
    Own,
}

impl From<CallError> for AppError {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

mod app {
    pub(super) type Result<T> = std::result::Result<T, super::AppError>;
}

struct Erring;

#[actor]
impl Erring {
    pub(crate) fn value(&self, text: &str) -> Option<u8> {
        text.bytes().next()
    }

    pub(crate) fn result(&self, fails: bool) -> Result<u8, AppError> {
        if fails { Err(AppError::Own) } else { Ok(1) }
    }

    pub(crate) fn cast(&self, _: u8) {}

    #[command(ack)]
    pub(crate) fn acknowledged(&self, _: u8) {}

    #[command(errors = into)]
    pub(crate) fn result_or_own(&self, fails: bool) -> Result<u8, AppError> {
        self.result(fails)
    }

    #[command(errors = default)]
    pub(crate) fn default_value(&self, number: u8) -> u8 {
        number
    }
}

#[test]
fn error_is_the_default_and_keeps_the_types_in_a_result() {
    check_type::<_, &str, Result<Option<u8>, CallError>>(ErringClient::value);
    check_type::<_, bool, Result<Result<u8, AppError>, CallError>>(ErringClient::result);
    check_type::<_, u8, Result<(), CallError>>(ErringClient::cast);
    check_type::<_, u8, Result<(), CallError>>(ErringClient::acknowledged);
}

#[test]
fn a_method_can_choose_for_itself() {
    check_type::<_, bool, Result<u8, AppError>>(ErringClient::result_or_own);
    check_type::<_, u8, u8>(ErringClient::default_value);
}

struct Converting;

#[actor(errors = into)]
impl Converting {
    pub(crate) fn result(&self, fails: bool) -> Result<u8, AppError> {
        if fails { Err(AppError::Own) } else { Ok(1) }
    }

    pub(crate) fn own_alias(&self, (): ()) -> app::Result<Vec<u8>> {
        Ok(vec![1])
    }

    pub(crate) fn io_alias(&self, (): ()) -> io::Result<u8> {
        Ok(1)
    }

    pub(crate) async fn async_alias(&mut self, (): ()) -> std::io::Result<()> {
        tokio::task::yield_now().await;
        Ok(())
    }

    pub(crate) fn value(&self, number: u8) -> u8 {
        number
    }

    pub(crate) fn cast(&self, _: u8) {}

    #[command(errors = wrap)]
    pub(crate) fn error_result(&self, (): ()) -> Result<u8, String> {
        Ok(1)
    }

    #[command(try, blocking)]
    pub(crate) fn with_twins(&self, (): ()) -> io::Result<u8> {
        Ok(1)
    }

    #[command(try, blocking)]
    pub(crate) fn cast_with_twins(&self, _: u8) {}
}

#[test]
fn into_keeps_the_type_of_methods_that_return_a_result() {
    check_type::<_, bool, Result<u8, AppError>>(ConvertingClient::result);
    check_type::<_, (), Result<Vec<u8>, AppError>>(ConvertingClient::own_alias);
    check_type::<_, (), Result<u8, io::Error>>(ConvertingClient::io_alias);
    check_type::<_, (), Result<(), io::Error>>(ConvertingClient::async_alias);
    // The others are as with `error`.
    check_type::<_, u8, Result<u8, CallError>>(ConvertingClient::value);
    check_type::<_, u8, Result<(), CallError>>(ConvertingClient::cast);
    check_type::<_, (), Result<Result<u8, String>, CallError>>(ConvertingClient::error_result);
    check_type::<_, (), io::Result<u8>>(ConvertingClient::with_twins);
}

/// An error that nobody but its crate could make from a `CallError`.
type Foreign = Box<dyn std::error::Error + Send + Sync>;
type ForeignResult<T> = Result<T, Foreign>;
type Solved = Result<u8, CallError>;

struct Captcha<E>(E);

#[actor(errors = into(Foreign::from))]
impl<E: Clone + From<CallError>> Captcha<E> {
    pub(crate) fn named(&self, number: u8) -> ForeignResult<u8> {
        Ok(number)
    }

    pub(crate) fn value(&self, number: u8) -> u8 {
        number
    }

    pub(crate) fn later(&self, number: u8, reply: Reply<ForeignResult<u8>>) {
        reply.send(Ok(number));
    }

    #[command(errors = into)]
    pub(crate) fn alias(&self, number: u8) -> Solved {
        Ok(number)
    }

    #[command(errors = into)]
    pub(crate) fn of_a_parameter(&self, _: u8) -> Result<u8, E> {
        Err(self.0.clone())
    }

    #[command(errors = into(Self::lost))]
    pub(crate) fn own_function(&self, number: u8) -> Result<u8, Option<CallError>> {
        Ok(number)
    }

    fn lost(error: CallError) -> Option<CallError> {
        Some(error)
    }
}

#[test]
fn into_takes_foreign_errors_and_aliases() {
    type Client = CaptchaClient<CallError>;
    check_type::<_, u8, ForeignResult<u8>>(Client::named);
    check_type::<_, u8, Result<u8, CallError>>(Client::value);
    check_type::<_, u8, ForeignResult<u8>>(Client::later);
    check_type::<_, u8, Result<u8, CallError>>(Client::alias);
    check_type::<_, u8, Result<u8, CallError>>(Client::of_a_parameter);
    check_type::<_, u8, Result<u8, Option<CallError>>>(Client::own_function);
}

#[tokio::test(start_paused = true)]
async fn a_call_error_becomes_a_foreign_error() {
    use actor_runtime::Actor as _;
    let shutdown = actor_runtime::CancellationToken::new();
    let captcha = Captcha(CallError::Full).spawn(shutdown.clone());
    assert_eq!(soon(captcha.named(1)).await.unwrap(), 1);
    assert_eq!(soon(captcha.later(1)).await.unwrap(), 1);
    assert_eq!(soon(captcha.alias(1)).await, Ok(1));
    assert_eq!(soon(captcha.of_a_parameter(1)).await, Err(CallError::Full));
    shutdown.cancel();
    let closed = CallError::Closed(Why::Cancelled);
    for lost in [captcha.named(1).await, captcha.later(1).await] {
        let lost = lost.unwrap_err();
        assert_eq!(lost.downcast_ref::<CallError>(), Some(&closed));
    }
    assert_eq!(captcha.alias(1).await, Err(closed.clone()));
    assert_eq!(captcha.of_a_parameter(1).await, Err(closed.clone()));
    assert_eq!(captcha.own_function(1).await, Err(Some(closed)));
}

struct Defaulting;

#[actor(errors = default)]
impl Defaulting {
    #[command(try, blocking)]
    pub(crate) fn get(&self, key: &str) -> Option<String> {
        Some(key.to_owned())
    }

    #[command(try, blocking)]
    pub(crate) fn set(&mut self, _: u8) {}

    #[command(ack)]
    pub(crate) fn acknowledged(&mut self, _: u8) {}

    #[command(try, blocking)]
    pub(crate) fn count(&self, number: u32) -> u32 {
        number
    }

    #[command(errors = wrap)]
    pub(crate) fn checked(&self, number: u32) -> u32 {
        number
    }
}

#[test]
fn default_gives_the_signatures_of_a_client_written_by_hand() {
    check_type::<_, &str, Option<String>>(DefaultingClient::get);
    check_type::<_, u8, ()>(DefaultingClient::set);
    check_type::<_, u8, ()>(DefaultingClient::acknowledged);
    check_type::<_, u32, u32>(DefaultingClient::count);
    check_type::<_, u32, Result<u32, CallError>>(DefaultingClient::checked);
}

#[test]
fn twins_return_a_result_whatever_was_chosen() {
    type Nested = Result<io::Result<u8>, CallError>;
    type Sent<T> = Result<Answer<T>, CallError>;
    // With a value.
    check_plain_type::<_, &str, Sent<Option<String>>>(DefaultingClient::try_get);
    check_plain_type::<_, &str, Result<Option<String>, CallError>>(DefaultingClient::blocking_get);
    check_plain_type::<_, u32, Sent<u32>>(DefaultingClient::try_count);
    check_plain_type::<_, u32, Result<u32, CallError>>(DefaultingClient::blocking_count);
    // Casts: there is nothing to wait for.
    check_plain_type::<_, u8, Result<(), CallError>>(DefaultingClient::try_set);
    check_plain_type::<_, u8, Result<(), CallError>>(DefaultingClient::blocking_set);
    check_plain_type::<_, u8, Result<(), CallError>>(ConvertingClient::try_cast_with_twins);
    check_plain_type::<_, u8, Result<(), CallError>>(ConvertingClient::blocking_cast_with_twins);
    // With a result.
    check_plain_type::<_, (), Sent<io::Result<u8>>>(ConvertingClient::try_with_twins);
    check_plain_type::<_, (), Nested>(ConvertingClient::blocking_with_twins);
}

#[tokio::test(start_paused = true)]
async fn a_call_to_an_actor_that_is_gone_fails_as_chosen() {
    let (erring, _) = channel::<Erring>(1);
    assert_eq!(
        soon(erring.value("a")).await,
        Err(CallError::Closed(Why::Unknown))
    );
    assert_eq!(
        soon(erring.cast(1)).await,
        Err(CallError::Closed(Why::Unknown))
    );
    assert_eq!(
        soon(erring.acknowledged(1)).await,
        Err(CallError::Closed(Why::Unknown))
    );
    assert_eq!(
        soon(erring.result_or_own(true)).await,
        Err(AppError::Call(CallError::Closed(Why::Unknown)))
    );
    assert_eq!(soon(erring.default_value(7)).await, 0);

    let (converting, _) = channel::<Converting>(1);
    assert_eq!(
        soon(converting.own_alias(())).await,
        Err(AppError::Call(CallError::Closed(Why::Unknown)))
    );
    assert_eq!(
        soon(converting.value(1)).await,
        Err(CallError::Closed(Why::Unknown))
    );
    let error = soon(converting.io_alias(())).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    let source = error.into_inner().unwrap().downcast::<CallError>().unwrap();
    assert_eq!(*source, CallError::Closed(Why::Unknown));

    let (defaulting, _) = channel::<Defaulting>(1);
    assert_eq!(soon(defaulting.get("a")).await, None);
    soon(defaulting.set(1)).await;
    soon(defaulting.acknowledged(1)).await;
    assert_eq!(soon(defaulting.count(7)).await, 0);
    assert_eq!(
        soon(defaulting.checked(7)).await,
        Err(CallError::Closed(Why::Unknown))
    );
    assert_eq!(
        defaulting.try_get("a").unwrap_err(),
        CallError::Closed(Why::Unknown)
    );
    assert_eq!(defaulting.try_set(1), Err(CallError::Closed(Why::Unknown)));
}

#[tokio::test(start_paused = true)]
async fn a_call_to_a_living_actor_gives_what_the_method_returns() {
    use actor_runtime::Actor as _;
    let shutdown = actor_runtime::CancellationToken::new();
    let erring = Erring.spawn(shutdown.clone());
    assert_eq!(soon(erring.value("a")).await, Ok(Some(b'a')));
    assert_eq!(soon(erring.result(true)).await, Ok(Err(AppError::Own)));
    assert_eq!(soon(erring.result_or_own(true)).await, Err(AppError::Own));
    assert_eq!(soon(erring.result_or_own(false)).await, Ok(1));
    assert_eq!(soon(erring.default_value(7)).await, 7);
    let converting = Converting.spawn(shutdown.clone());
    assert_eq!(soon(converting.result(true)).await, Err(AppError::Own));
    assert_eq!(soon(converting.own_alias(())).await, Ok(vec![1]));
    assert_eq!(soon(converting.io_alias(())).await.unwrap(), 1);
    assert_eq!(
        soon(converting.try_with_twins(()).unwrap())
            .await
            .unwrap()
            .unwrap(),
        1
    );
    let defaulting = Defaulting.spawn(shutdown);
    assert_eq!(soon(defaulting.get("a")).await.as_deref(), Some("a"));
    assert_eq!(soon(defaulting.try_count(3).unwrap()).await, Ok(3));
}

#[test]
fn errors_say_whether_a_command_may_have_run() {
    let never_ran = [
        (CallError::Closed(Why::Unknown), true),
        (CallError::Full, true),
        (CallError::Blocking, true),
        (CallError::Refused, true),
        (CallError::Stopped, false),
        (CallError::Panicked, false),
        (CallError::Unanswered, false),
        (CallError::TimedOut, false),
    ];
    for (error, expected) in never_ran {
        assert_eq!(error.never_ran(), expected, "{error:?}");
        let source = io::Error::from(error.clone()).into_inner().unwrap();
        assert_eq!(source.downcast_ref(), Some(&error));
    }
}
