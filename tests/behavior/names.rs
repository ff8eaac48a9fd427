//! Methods and arguments with the names of generated items, of trait methods, and of keywords.

#![allow(
    clippy::iter_not_returning_iterator,
    clippy::just_underscores_and_digits,
    clippy::new_ret_no_self,
    clippy::should_implement_trait,
    clippy::too_many_arguments,
    clippy::wrong_self_convention,
    reason = "any name is allowed, whether or not it is the best one"
)]

use actor_runtime::{Actor, CallError, CancellationToken, Client, actor};

use crate::support::soon;

/// An actor whose methods say their names.
struct Methods;

/// Defines the methods, and a check that each method of the client calls its own and nothing else.
macro_rules! methods {
    ($($method:ident),*) => {
        #[actor]
        impl Methods {
            $(
                pub(crate) fn $method(&self) -> &'static str {
                    stringify!($method)
                }
            )*
        }

        #[tokio::test(start_paused = true)]
        async fn methods_may_have_any_name() {
            let client = Actor::spawn(Methods, CancellationToken::new());
            $(
                // `client.into()` would call `Into::into`, which takes the client by value.
                let called = soon(MethodsClient::$method(&client)).await;
                assert_eq!(called, Ok(stringify!($method)));
            )*
            assert_eq!(Client::capacity(&client), 64);
            assert!(!Client::is_closed(&Clone::clone(&client)));
        }
    };
}

methods! {
    // Names of the generated impls, of the runtime and of its traits.
    handle, run, run_send, spawn, spawn_with_handle, builder, start, send, recv, next, name,
    call, cast, try_call, try_cast, blocking_call, closed, is_closed, downgrade, upgrade,
    capacity, max_capacity, queued, same_actor, from_sender, as_sender, shutdown, stop, abort, token, poll, wake,
    // Names of the traits that everybody has in scope.
    new, into, from, try_into, try_from, drop, eq, ne, cmp, hash, fmt, default, to_owned,
    to_string, borrow, borrow_mut, as_ref, deref, into_iter, iter, len, get, set, type_id,
    // Words that mean something special elsewhere.
    self_, super_, command, client, reply, inbox, context, sender, answer, argument_1, this, tx,
    r#type, r#match, r#async, r#await, r#dyn, r#gen, r#try, r#fn, r#struct, union, auto, raw,
    ok, err, some, none, vec, string, option, result, __, _leading, trailing_, two_parts,
    v1_2, x, grün, 名前, _ा
}

/// Returns its arguments, under names that generated code also uses.
struct Arguments;

#[actor]
impl Arguments {
    pub(crate) async fn generated(
        &mut self,
        command: u8,
        context: &str,
        inbox: &[u8],
        reply: u8,
        answer: impl Into<u8>,
        sender: Option<&str>,
        f: u8,
    ) -> String {
        tokio::task::yield_now().await;
        let answer = answer.into();
        format!("{command} {context} {inbox:?} {reply} {answer} {sender:?} {f}")
    }

    pub(crate) fn usual(
        &self,
        self_: u8,
        this: u8,
        tx: &str,
        rx: u8,
        cmd: u8,
        msg: &str,
        actor: u8,
        client: u8,
    ) -> String {
        format!("{self_} {this} {tx} {rx} {cmd} {msg} {actor} {client}")
    }

    pub(crate) fn raw(&self, r#type: u8, r#async: &str, r#gen: u8, r#self_: u8) -> String {
        format!("{type} {async} {gen} {self_}")
    }

    pub(crate) fn patterns(
        &self,
        argument_1: u8,
        (argument_2, _): (u8, u8),
        _: &str,
        argument_3: u8,
        mut argument_5: u8,
    ) -> u8 {
        argument_5 += argument_1 + argument_2 + argument_3;
        argument_5
    }

    pub(crate) fn underscores(
        &self,
        _unused: u8,
        __: u8,
        reply_: u8,
        reply__: u8,
        reply: u8,
    ) -> u8 {
        reply + reply_ + reply__
    }
}

#[tokio::test(start_paused = true)]
async fn arguments_may_have_any_name() {
    let client = Arguments.spawn(CancellationToken::new());
    let text: Result<String, CallError> =
        soon(client.generated(1, "two", &[3], 4, 5, Some("6"), 7)).await;
    assert_eq!(text.as_deref(), Ok(r#"1 two [3] 4 5 Some("6") 7"#));
    let text = soon(client.usual(1, 2, "3", 4, 5, "6", 7, 8)).await;
    assert_eq!(text.as_deref(), Ok("1 2 3 4 5 6 7 8"));
    let text = soon(client.raw(1, "2", 3, 4)).await;
    assert_eq!(text.as_deref(), Ok("1 2 3 4"));
    assert_eq!(soon(client.patterns(1, (2, 0), "", 3, 4)).await, Ok(10));
    assert_eq!(soon(client.underscores(0, 0, 1, 2, 4)).await, Ok(7));
}
