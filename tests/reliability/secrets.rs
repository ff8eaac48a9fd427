//! Printed texts: names and counts, and never an argument, an answer or the state.

use std::fmt::{Debug, Display};
use std::io;
use std::time::Duration;

use actor_runtime::{
    Actor, CallError, CancellationToken, Client as _, Context, Inbox, Reply, ReplyStream,
    TrySendError, actor, channel,
};

use crate::support::soon;

const SECRET: &str = "hunter2";

/// A value that prints itself, unlike the types that carry it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Password(String);

fn password() -> Password {
    Password(SECRET.to_owned())
}

/// An actor with every kind of method, and a secret in every place.
#[derive(Debug)]
struct Vault {
    password: Password,
}

#[actor(event = Password)]
impl Vault {
    pub(crate) fn put(&mut self, password: String) {
        self.password = Password(password);
    }

    pub(crate) fn check(&self, password: &str, salt: Option<&str>) -> bool {
        self.password.0 == password && salt.is_none()
    }

    #[command(priority, skip_cancelled)]
    pub(crate) fn exchange(&mut self, password: Password) -> Password {
        std::mem::replace(&mut self.password, password)
    }

    pub(crate) fn reveal(&mut self, password: Password, reply: Reply<Password>) {
        reply.send(password);
    }

    pub(crate) fn reveal_all(&mut self, password: Password, mut reply: ReplyStream<Password>) {
        // The reader may have left.
        let _ = reply.try_send(password);
        reply.finish();
    }

    #[command(batch = 2)]
    pub(crate) fn put_all(&mut self, passwords: Vec<Password>) {
        self.password = passwords.into_iter().next_back().unwrap();
    }

    pub(crate) fn announce(&mut self, ctx: &mut Context<Self>) -> Vec<String> {
        ctx.emit(self.password.clone());
        vec![shown(&*ctx), shown(ctx.client())]
    }

    #[watch]
    pub(crate) fn present(&self) -> Password {
        self.password.clone()
    }
}

/// A generic actor, whose argument need not even have a `Debug`.
struct Safe<T>(Option<T>);

#[actor]
impl<T: Clone + Send + 'static> Safe<T> {
    pub(crate) fn put(&mut self, it: T) {
        self.0 = Some(it);
    }

    pub(crate) fn borrow(&mut self, it: &T, reply: Reply<T>) {
        reply.send(it.clone());
    }

    pub(crate) fn take(&mut self) -> Option<T> {
        self.0.take()
    }
}

fn vault() -> Vault {
    let password = password();
    Vault { password }
}

/// Prints `it` on one line and on many, neither of which may have the secret.
#[track_caller]
fn shown(it: &impl Debug) -> String {
    let shown = format!("{it:?}");
    check(&shown);
    check(&format!("{it:#?}"));
    shown
}

#[track_caller]
fn displayed(it: &impl Display) -> String {
    let shown = it.to_string();
    check(&shown);
    shown
}

#[track_caller]
fn check(shown: &str) {
    assert!(!shown.contains(SECRET), "tells a secret: {shown}");
}

/// Prints the next command.
async fn next<C: actor_runtime::Command + Debug>(inbox: &mut Inbox<C>) -> String {
    shown(&soon(inbox.next()).await.unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_command_is_printed_as_its_name() {
    let (client, mut inbox) = channel::<Vault>(8);
    assert_eq!(format!("{:?}", password()), r#"Password("hunter2")"#);
    // The commands do not depend on whether a caller waits for their answers.
    let commands = async {
        tokio::join!(
            biased;
            client.put(SECRET.to_owned()),
            client.check(SECRET, Some(SECRET)),
            client.reveal(password()),
            client.reveal_all(password()),
            client.put_all(password()),
            client.exchange(password()),
        )
    };
    let names = async {
        let mut names = Vec::new();
        for _ in 0..6 {
            names.push(next(&mut inbox).await);
        }
        names
    };
    let (answers, names) = tokio::join!(biased; commands, names);
    assert_eq!(answers.1, Err(CallError::Unanswered));
    assert_eq!(
        names,
        // One of them has priority.
        [
            "exchange",
            "put",
            "check",
            "reveal",
            "reveal_all",
            "put_all"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_generic_command_is_printed_as_its_name() {
    #[derive(Clone)]
    struct Opaque;

    let (client, mut inbox) = channel::<Safe<Password>>(8);
    client.put(password()).await.unwrap();
    assert_eq!(next(&mut inbox).await, "put");
    let argument = password();
    let (answer, name) = tokio::join!(client.borrow(&argument), next(&mut inbox));
    assert_eq!(
        (answer, name.as_str()),
        (Err(CallError::Unanswered), "borrow")
    );

    let (client, mut inbox) = channel::<Safe<Opaque>>(8);
    client.put(Opaque).await.unwrap();
    assert_eq!(next(&mut inbox).await, "put");
    let safe = Safe(Some(password())).builder();
    shown(&safe);
    let (client, runner) = safe.into_runner();
    shown(&client);
    shown(&runner);
}

#[tokio::test(start_paused = true)]
async fn neither_state_nor_values_are_printed_by_what_holds_them() {
    let builder = vault().builder().deadline(Duration::from_secs(1));
    shown(&builder);
    let (_client, runner) = builder.into_runner();
    shown(&runner);

    let (client, handle) = vault().spawn_with_handle(CancellationToken::new());
    let (subscription, watch) = (client.subscribe(), client.watch_present());
    for it in soon(client.announce()).await.unwrap() {
        check(&it);
    }
    shown(&client);
    shown(&client.downgrade());
    shown(&handle);
    shown(&subscription);
    shown(&watch);
    let replies = soon(client.reveal_all(password())).await.unwrap();
    shown(&replies);
    drop(client);
    let exit = soon(handle).await;
    assert_eq!(exit.state.as_ref().unwrap().password, password());
    shown(&exit);
    shown(&exit.reason);
    displayed(&exit);

    let (client, inbox) = channel::<Vault>(8);
    client.put(SECRET.to_owned()).await.unwrap();
    inbox.latest().present.publish(password());
    inbox.emit(password());
    shown(&inbox);
    shown(&inbox.latest().present);
    shown(&Context::<Vault>::detached());
}

#[tokio::test(start_paused = true)]
async fn a_reply_is_printed_without_the_answer() {
    let (reply, answer) = Reply::new();
    shown(&reply);
    reply.send(password());
    shown(&answer);
    assert_eq!(soon(answer).await, Ok(password()));

    let (mut reply, mut replies) = ReplyStream::with_capacity(1);
    assert_eq!(reply.try_send(password()), Ok(()));
    shown(&reply);
    shown(&replies);
    let full = reply.try_send(password()).unwrap_err();
    assert!(matches!(full, TrySendError::Full(_)));
    shown(&full);
    displayed(&full);
    assert_eq!(soon(replies.next()).await, Some(Ok(password())));
    drop(replies);
    let closed = reply.try_send(password()).unwrap_err();
    assert!(matches!(closed, TrySendError::Closed(_)));
    shown(&closed);
    displayed(&closed);
}

/// An error names what happened, and has nothing of the call in it.
#[tokio::test(start_paused = true)]
async fn an_error_is_printed_without_the_arguments() {
    let (client, inbox) = channel::<Vault>(1);
    client.put(SECRET.to_owned()).await.unwrap();
    drop(inbox);
    let error = client.check(SECRET, None).await.unwrap_err();
    assert_eq!(shown(&error), "Closed(Unknown)");
    assert_eq!(displayed(&error), "the actor no longer takes commands");
    let error = io::Error::from(error);
    shown(&error);
    displayed(&error);
}
