//! Methods and arguments under `cfg` and `cfg_attr`, present and absent.

use std::fmt::Display;

use actor_runtime::{Actor as _, CancellationToken, Context, actor, channel};

use crate::support::soon;

#[derive(Clone, PartialEq)]
struct Present(u8);

struct Arguments(u8);

#[actor]
impl Arguments {
    /// An absent argument has no type, and no conversion.
    pub(crate) fn add(
        &mut self,
        #[cfg(true)] amount: u8,
        #[cfg(false)] missing: &Missing,
        #[cfg(false)] (a, b): (Missing, Missing),
        #[cfg_attr(true, cfg(true))] text: &str,
        #[cfg_attr(true, cfg(false))] more: Option<&Missing>,
    ) -> usize {
        self.0 += amount;
        text.len() + usize::from(self.0)
    }

    #[command(try, blocking)]
    pub(crate) fn alternatives(
        &self,
        #[cfg(true)] value: &Present,
        #[cfg(false)] value: Missing,
        #[cfg(false)] context: &mut Context<Self>,
        #[cfg(true)] rest: impl IntoIterator<Item = u8>,
    ) -> Vec<u8> {
        [value.0].into_iter().chain(rest).collect()
    }

    pub(crate) fn either_context(
        &mut self,
        #[cfg(true)] context: &mut Context<Self>,
        #[cfg(false)] other: &mut Context<Self>,
    ) {
        context.token();
        self.0 = 0;
    }

    pub(crate) fn all_gone(&mut self, #[cfg(false)] amount: Missing) {
        self.0 = 100;
    }

    pub(crate) async fn with_context(
        &mut self,
        #[cfg(true)] context: &mut Context<Self>,
        #[cfg_attr(true, allow(unused_variables))] unused: u8,
    ) -> u8 {
        tokio::task::yield_now().await;
        context.stop();
        self.0
    }
}

#[tokio::test(start_paused = true)]
async fn arguments_can_be_conditional() {
    let arguments = Arguments(1).spawn(CancellationToken::new());
    assert_eq!(soon(arguments.add(2, "three")).await, Ok(8));
    assert_eq!(
        soon(arguments.alternatives(&Present(1), [2, 3])).await,
        Ok(vec![1, 2, 3])
    );
    assert_eq!(
        soon(arguments.try_alternatives(&Present(1), []).unwrap()).await,
        Ok(vec![1])
    );
    arguments.either_context().await.unwrap();
    arguments.all_gone().await.unwrap();
    assert_eq!(soon(arguments.with_context(0)).await, Ok(100));
}

#[tokio::test(start_paused = true)]
async fn the_command_has_the_arguments_that_are_there() {
    let (client, mut inbox) = channel::<Arguments>(1);
    client.all_gone().await.unwrap();
    let ArgumentsCommand::AllGone {} = inbox.next().await.unwrap() else {
        panic!("another command");
    };
}

struct Methods;

#[actor]
impl Methods {
    #[cfg(true)]
    pub(crate) fn there(&self) -> u8 {
        1
    }

    #[cfg(false)]
    pub(crate) fn not_there(&self, missing: &Missing) -> Missing {
        missing.clone()
    }

    #[cfg_attr(true, cfg(true), doc = "Documented.")]
    pub(crate) fn there_by_attribute(&self) -> u8 {
        2
    }

    #[cfg_attr(true, cfg_attr(true, cfg(false)))]
    pub(crate) fn not_there_by_attribute(&self, missing: Missing) -> Missing {
        missing
    }

    /// Only one of the two methods is present.
    #[cfg(true)]
    #[command(try)]
    pub(crate) fn twin(&self) -> u8 {
        4
    }

    #[cfg(false)]
    pub(crate) fn try_twin(&self) {}

    #[cfg_attr(true, must_use, allow(non_snake_case))]
    #[cfg_attr(false, deprecated)]
    pub(crate) fn Plain(&self) -> u8 {
        3
    }
}

#[tokio::test(start_paused = true)]
async fn methods_can_be_conditional() {
    let methods = Methods.spawn(CancellationToken::new());
    assert_eq!(soon(methods.there()).await, Ok(1));
    assert_eq!(soon(methods.there_by_attribute()).await, Ok(2));
    assert_eq!(soon(methods.Plain()).await, Ok(3));
    assert_eq!(soon(methods.try_twin().unwrap()).await, Ok(4));
}

struct Shown<T: ?Sized, U: ?Sized>(Box<T>, Box<U>);

#[actor]
impl<T: ?Sized + Send, U: ?Sized> Shown<T, U> {
    /// A command asks for its bounds even under a `cfg`.
    #[cfg(true)]
    pub(crate) fn show(&self) -> String
    where
        T: Display,
    {
        self.0.to_string()
    }

    #[cfg(false)]
    pub(crate) fn replace(&mut self, first: Box<T>, second: Box<U>) {
        self.0 = first;
        self.1 = second;
    }
}

#[tokio::test(start_paused = true)]
async fn absent_commands_may_use_unsized_parameters() {
    let shown: ShownClient<str, [u8]> =
        Shown("a".into(), [1].into()).spawn(CancellationToken::new());
    assert_eq!(soon(shown.show()).await.as_deref(), Ok("a"));
}

/// No compiled method names `T` or `U`.
struct Unused<T, U, const N: usize>(Vec<T>, [U; N]);

#[actor]
impl<T: Clone, U, const N: usize> Unused<T, U, N> {
    pub(crate) fn len(&self) -> usize {
        self.0.len() + self.1.len()
    }

    #[cfg(false)]
    pub(crate) fn push(&mut self, value: T) {
        self.0.push(value);
    }

    pub(crate) fn replace(&mut self, #[cfg(false)] with: [U; N], #[cfg(true)] count: usize) {
        self.0.truncate(count);
    }
}

#[tokio::test(start_paused = true)]
async fn what_only_an_absent_command_uses_is_still_a_parameter() {
    let unused = Unused(vec![1, 2], ["a"; 3]);
    let unused: UnusedClient<u8, &str, 3> = unused.spawn(CancellationToken::new());
    unused.replace(1).await.unwrap();
    assert_eq!(soon(unused.clone().len()).await, Ok(4));
}
