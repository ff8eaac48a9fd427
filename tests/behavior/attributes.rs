//! The user's attributes on methods and on the block, and the options of `#[actor]`.

use actor_runtime::{Actor, CancellationToken, Client as _, actor};

use crate::support::{soon, summary};

struct Platform;

#[actor]
impl Platform {
    #[cfg(test)]
    pub(crate) fn name(&self) -> &'static str {
        "test"
    }

    #[cfg(not(test))]
    pub(crate) fn name(&self) -> &'static str {
        "no test"
    }

    /// Alternatives that need not have the same signature, nor types that exist.
    #[cfg(not(test))]
    pub(crate) fn size(&self) -> Missing {
        Missing
    }

    #[cfg(test)]
    pub(crate) async fn size(&mut self, factor: u8) -> u8 {
        tokio::task::yield_now().await;
        factor
    }

    #[cfg(not(test))]
    pub(crate) fn missing(&self, missing: &Missing) -> Missing {
        missing.clone()
    }

    #[cfg_attr(test, doc = "Documented in tests.")]
    #[cfg_attr(not(test), doc = "Not documented in tests.")]
    pub(crate) fn documented(&self) {}
}

#[tokio::test(start_paused = true)]
async fn methods_of_one_name_can_be_alternatives_under_cfg() {
    let platform = Platform.spawn(CancellationToken::new());
    assert_eq!(soon(platform.name()).await, Ok("test"));
    assert_eq!(soon(platform.size(3)).await, Ok(3));
    platform.documented().await.unwrap();
}

struct Conditional;

#[cfg(not(test))]
#[actor]
impl Conditional {
    pub(crate) fn which(&self) -> Missing {
        Missing
    }
}

#[actor]
#[cfg(test)]
impl Conditional {
    pub(crate) fn which(&self) -> &'static str {
        "test"
    }
}

#[tokio::test(start_paused = true)]
async fn blocks_can_be_alternatives_under_cfg() {
    let conditional: ConditionalClient = Conditional.spawn(CancellationToken::new());
    assert_eq!(soon(conditional.which()).await, Ok("test"));
}

struct Old;

#[actor(errors = default)]
impl Old {
    #[deprecated = "it is old"]
    pub(crate) fn old(&self) -> u8 {
        1
    }

    #[must_use]
    pub(crate) fn needed(&self) -> u8 {
        2
    }

    #[allow(non_snake_case)]
    pub(crate) fn Loud(&self, Number: u8) -> u8 {
        Number
    }

    #[expect(unused_variables, reason = "so that nothing but the method is odd")]
    pub(crate) fn ignore(&self, number: u8) {
        let unused = 1;
    }
}

/// The expectations are the test: an expectation without its warning would be a warning itself.
#[tokio::test(start_paused = true)]
async fn attributes_reach_the_client() {
    let old = Old.spawn(CancellationToken::new());
    #[expect(deprecated, reason = "the method of the client is deprecated, too")]
    let number = old.old().await;
    assert_eq!(number, 1);
    #[expect(unused_must_use, reason = "so is this what the client returns")]
    {
        old.needed().await;
    }
    assert_eq!(old.Loud(3).await, 3);
    old.ignore(4).await;
}

#[deprecated = "use another"]
struct Ancient(u8);

struct Museum;

#[actor]
impl Museum {
    #![allow(clippy::needless_pass_by_value)]

    #[allow(deprecated)]
    pub(crate) async fn age(&self, ancient: Ancient) -> u8 {
        tokio::task::yield_now().await;
        ancient.0
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_method_allows_is_allowed_wherever_it_is_named() {
    let museum = Museum.spawn(CancellationToken::new());
    #[expect(deprecated, reason = "the test allows it, too")]
    let age = soon(museum.age(Ancient(9))).await;
    assert_eq!(age, Ok(9));
}

struct Usual;

#[actor]
impl Usual {}

const TWO: usize = 2;

struct Expression;

#[actor(capacity = TWO + 1)]
impl Expression {}

struct Unlimited;

#[actor(unbounded)]
impl Unlimited {}

#[tokio::test(start_paused = true)]
async fn the_capacity_is_an_option_of_the_actor_and_of_the_builder() {
    fn check<A: Actor>(actor: A, default: usize) {
        assert_eq!(A::CAPACITY, default);
        let (client, runner) = actor.builder().into_runner();
        assert_eq!(client.capacity(), default);
        drop(runner);
    }
    check(Usual, 64);
    check(Expression, 3);
    check(Unlimited, usize::MAX);
    let (client, _runner) = Unlimited.builder().capacity(5).into_runner();
    assert_eq!(client.capacity(), 5);
}

/// The runtime under another name.
mod renamed {
    use ::actor_runtime as machinery;
    use machinery::Actor as _;

    struct Renamed;

    #[machinery::actor(crate = machinery)]
    impl Renamed {
        pub(crate) fn answer(&self) -> u8 {
            42
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_runtime_can_have_another_name() {
        let renamed = Renamed.spawn(machinery::CancellationToken::new());
        assert_eq!(renamed.answer().await, Ok(42));
    }
}

macro_rules! define {
    ($name:ident, $vis:vis, $ty:ty, $method:ident = $value:expr) => {
        struct $name;

        #[actor]
        impl $name {
            $vis fn $method(&self, offset: $ty) -> $ty {
                $value + offset
            }
        }
    };
}

define!(FromMacro, pub(crate), u16, shifted = 40);

#[tokio::test(start_paused = true)]
async fn blocks_can_come_from_macros() {
    let client: FromMacroClient = FromMacro.spawn(CancellationToken::new());
    assert_eq!(soon(client.shifted(2)).await, Ok(42));
}

/// An actor without commands.
struct Silent;

#[actor]
impl Silent {}

#[tokio::test(start_paused = true)]
async fn an_actor_needs_no_command() {
    let (client, handle) = Silent.spawn_with_handle(CancellationToken::new());
    assert!(!client.is_closed());
    let exit = soon(handle.shutdown(std::time::Duration::from_secs(1))).await;
    assert_eq!(summary(&exit), "cancelled: 0 handled, 0 refused, state");
}

#[test]
fn an_actor_can_be_defined_in_a_function() {
    struct Inner;

    #[actor]
    impl Inner {
        pub(crate) fn answer(&self) -> u8 {
            42
        }
    }

    let (client, inbox) = actor_runtime::channel::<Inner>(1);
    drop(inbox);
    assert!(client.is_closed());
    assert_eq!(Inner.answer(), 42);
}
