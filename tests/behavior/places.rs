//! Blocks in unusual places: in functions, made by `macro_rules!`, among other blocks, and where well-known names mean
//! something else.

use actor_runtime::{Actor as _, CancellationToken, actor};

use crate::support::soon;

#[tokio::test(start_paused = true)]
async fn a_function_may_have_actors_of_its_own() {
    struct Outer;

    #[actor]
    impl Outer {
        pub(crate) async fn get(&mut self) -> u8 {
            struct Inner(u8);

            #[actor]
            impl Inner {
                pub(crate) fn get(&self) -> u8 {
                    self.0
                }
            }

            let inner: InnerClient = Inner(1).spawn(CancellationToken::new());
            inner.get().await.unwrap()
        }
    }

    let outer: OuterClient = Outer.spawn(CancellationToken::new());
    assert_eq!(soon(outer.get()).await, Ok(1));
}

struct Blocks {
    value: u8,
}

/// A function that belongs to no actor.
impl Blocks {
    const START: Self = Self { value: 1 };

    fn double(&mut self) {
        self.value *= 2;
    }
}

#[actor]
impl Blocks {
    const LIMIT: usize = 3;

    /// Another block may come before or after, and use this one's client.
    pub(crate) fn doubled(&mut self) -> [u8; Self::LIMIT] {
        self.double();
        [self.value; Self::LIMIT]
    }

    pub(crate) fn replace(&mut self, other: Self, mut others: Vec<Self>) -> Option<Self> {
        others.push(std::mem::replace(self, other));
        others.pop()
    }

    pub(crate) fn set(&mut self, values: [u8; Self::LIMIT]) {
        self.value = values[0];
    }
}

impl Blocks {
    fn start() -> BlocksClient {
        Self::START.spawn(CancellationToken::new())
    }
}

#[tokio::test(start_paused = true)]
async fn a_type_may_have_other_blocks_too() {
    let blocks = Blocks::start();
    assert_eq!(soon(blocks.doubled()).await, Ok([2; 3]));
    let old = soon(blocks.replace(Blocks::START, vec![Blocks::START])).await;
    assert_eq!(old.unwrap().unwrap().value, 2);
    blocks.set([7; Blocks::LIMIT]).await.unwrap();
    assert_eq!(soon(blocks.doubled()).await, Ok([14; 3]));
}

/// Makes an actor from a fragment of each kind that a block can have.
macro_rules! fragments {
    (
        $(#[$meta:meta])*
        $vis:vis $name:ident as $self_type:ty, with $field:ty, client $client:ident,
        capacity $capacity:expr, crate $path:path;
        fn $method:ident($pattern:pat = $first:ty, $argument:ident: $second:ty, $lifetime:lifetime)
            -> $reply:ty $body:block
        $statement:stmt;
        $literal:literal;
        { $($tokens:tt)* }
    ) => {
        $vis struct $name($field);

        #[actor(capacity = $capacity, client = $client, vis = $vis, crate = $path)]
        impl $self_type {
            $(#[$meta])*
            $vis fn $method(
                &self,
                $pattern: $first,
                $argument: $second,
                text: &$lifetime str,
            ) -> $reply $body

            $vis fn literal(&self) -> [$field; $literal] {
                $statement
                [self.0; $literal]
            }

            $($tokens)*
        }
    };
}

fragments! {
    /// Documented.
    #[command(try)]
    #[allow(unused_variables)]
    pub(crate) Fragments as Fragments, with u8, client Pieces,
    capacity 1 + 1, crate actor_runtime;
    fn sum((first, _) = (u8, u8), second: Option<&str>, 'static) -> Option<usize> {
        Some(usize::from(first) + second?.len())
    }
    println!("a statement");
    4;
    {
        pub(crate) async fn token(&mut self, value: u8) -> u8 {
            tokio::task::yield_now().await;
            self.0 = value;
            value
        }
    }
}

#[tokio::test(start_paused = true)]
async fn blocks_may_be_made_of_fragments() {
    let pieces: Pieces = Fragments(1).spawn(CancellationToken::new());
    assert_eq!(
        soon(pieces.sum((1, 2), Some("three"), "")).await,
        Ok(Some(6))
    );
    assert_eq!(
        soon(pieces.try_sum((1, 2), None, "").unwrap()).await,
        Ok(None)
    );
    assert_eq!(soon(pieces.literal()).await, Ok([1; 4]));
    assert_eq!(soon(pieces.token(7)).await, Ok(7));
}

/// References and `impl Trait` that a fragment hides in a group without delimiters.
macro_rules! hidden {
    ($($method:ident: $ty:ty),*; $wrapped:ty; $item:item) => {
        struct Hidden;

        #[actor]
        impl Hidden {
            $(
                pub(crate) fn $method(&self, value: $ty) -> String {
                    format!("{value:?}")
                }
            )*

            pub(crate) fn option(&self, value: Option<$wrapped>) -> usize {
                value.map_or(0, |value| value.len())
            }
        }

        #[actor]
        $item
    };
}

struct Item;

hidden! {
    text: &str, slice: &[u8], number: u32, maybe: Option<&str>, unit: (), forever: &'static str;
    &str;
    impl Item {
        #[command(ack)]
        pub(crate) fn nothing(&self) {}
    }
}

#[tokio::test(start_paused = true)]
async fn fragments_do_not_hide_what_they_are() {
    let hidden = Hidden.spawn(CancellationToken::new());
    assert_eq!(soon(hidden.text("a")).await.as_deref(), Ok("\"a\""));
    assert_eq!(soon(hidden.slice(&[1])).await.as_deref(), Ok("[1]"));
    assert_eq!(soon(hidden.number(2)).await.as_deref(), Ok("2"));
    assert_eq!(soon(hidden.maybe(None)).await.as_deref(), Ok("None"));
    assert_eq!(soon(hidden.unit(())).await.as_deref(), Ok("()"));
    assert_eq!(soon(hidden.forever("s")).await.as_deref(), Ok("\"s\""));
    assert_eq!(soon(hidden.option(Some("four"))).await, Ok(4));
    let item = Item.spawn(CancellationToken::new());
    assert_eq!(soon(item.nothing()).await, Ok(()));
}

/// Two arguments that read alike, but that a `macro_rules!` tells apart.
macro_rules! hygienic {
    ($name:ident) => {
        struct Hygienic;

        #[actor]
        impl Hygienic {
            pub(crate) fn join(&self, x: u8, $name: u8) -> u8 {
                x * 10 + $name
            }
        }
    };
}

hygienic!(x);

#[tokio::test(start_paused = true)]
async fn names_are_those_of_the_macro() {
    let hygienic = Hygienic.spawn(CancellationToken::new());
    assert_eq!(soon(hygienic.join(1, 2)).await, Ok(12));
}

/// Methods that are each a group without delimiters, which contains our attributes.
macro_rules! items {
    ($($method:item)*) => {
        struct Items;

        #[actor]
        impl Items {
            $($method)*
        }
    };
}

items! {
    #[command(try)]
    pub(crate) fn first(&self) -> u8 {
        1
    }

    pub(crate) fn second(&self) -> u8 {
        2
    }
}

#[tokio::test(start_paused = true)]
async fn methods_may_be_fragments() {
    let items = Items.spawn(CancellationToken::new());
    assert_eq!(soon(items.try_first().unwrap()).await, Ok(1));
    assert_eq!(soon(items.second()).await, Ok(2));
}

/// A macro in a body sees `self`, and one that makes a type or a method is left alone.
macro_rules! eight {
    ($actor:expr) => {
        $actor.0 + 8
    };
    () => {
        u8
    };
}

macro_rules! getter {
    ($name:ident) => {
        fn $name(&self) -> u8 {
            self.0
        }
    };
}

struct Inner(u8);

#[actor]
impl Inner {
    getter! { private }

    pub(crate) fn get(&self, more: eight!()) -> eight!() {
        eight!(self) + self.private() + more
    }
}

#[tokio::test(start_paused = true)]
async fn macros_may_be_used_in_blocks() {
    let inner = Inner(1).spawn(CancellationToken::new());
    assert_eq!(soon(inner.get(2)).await, Ok(12));
}

/// Names that do not have their usual meaning here.
mod shadowed {
    #![allow(
        clippy::needless_pass_by_value,
        dead_code,
        non_snake_case,
        non_upper_case_globals,
        reason = "that is what it is about"
    )]

    pub(super) struct Option(pub(super) u8);
    pub(super) struct Result(pub(super) u8);
    pub(super) struct String;
    pub(super) struct Vec;
    pub(super) struct Box;
    pub(super) struct Context;
    pub(super) struct Reply;
    pub(super) struct Inbox;
    pub(super) struct Client;
    pub(super) trait Actor {}
    pub(super) trait Clone {}
    pub(super) trait Default {}
    pub(super) trait Future {}
    pub(super) trait Into {}
    pub(super) trait Send {}
    pub(super) trait Sync {}
    pub(super) trait ToOwned {}
    const Ok: u8 = 0;
    const Err: u8 = 0;
    const Some: u8 = 0;
    const None: u8 = 0;
    mod core {}
    mod std {}
    mod tokio {}

    pub(super) struct Shadowed(pub(super) u8);

    #[::actor_runtime::actor(errors = default)]
    impl Shadowed {
        #[command(try, blocking, errors = wrap)]
        pub(crate) fn swap(&mut self, option: Option, _vec: Vec, _string: String) -> Result {
            let Option(new) = option;
            let old = self.0;
            self.0 = new;
            Result(old)
        }

        #[command(ack)]
        pub(crate) async fn set(&mut self, text: &str, bytes: &[u8]) {
            ::tokio::task::yield_now().await;
            self.0 = if text.is_empty() { 0 } else { bytes[0] };
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_names_of_the_prelude_may_mean_something_else() {
    use shadowed::{Option, Shadowed, String, Vec};

    let shadowed = Shadowed(1).spawn(CancellationToken::new());
    assert_eq!(
        soon(shadowed.swap(Option(2), Vec, String)).await.unwrap().0,
        1
    );
    soon(shadowed.set("text", &[3])).await;
    assert_eq!(
        soon(shadowed.swap(Option(4), Vec, String)).await.unwrap().0,
        3
    );
}

/// A module without any prelude.
mod bare {
    #![no_implicit_prelude]

    pub(super) struct Bare(pub(super) ::std::string::String);

    #[::actor_runtime::actor]
    impl Bare {
        pub(crate) fn append(
            &mut self,
            text: &str,
            more: ::std::option::Option<&str>,
        ) -> ::std::string::String {
            self.0.push_str(text);
            self.0.push_str(more.unwrap_or(""));
            ::std::clone::Clone::clone(&self.0)
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_prelude_need_not_be_there() {
    let bare = bare::Bare("a".to_owned()).spawn(CancellationToken::new());
    assert_eq!(
        soon(bare.append("b", Some("c"))).await.as_deref(),
        Ok("abc")
    );
}

mod outer {
    pub(super) mod inner {
        use actor_runtime::{Context, actor};

        struct Hidden(u8);

        pub(in crate::places) struct Path(u8);

        #[actor]
        impl Path {
            pub(in crate::places) fn new() -> Self {
                Self(1)
            }

            pub(in crate::places) fn path(&self) -> u8 {
                self.0
            }

            pub(super) fn parent(&self) -> u8 {
                self.0
            }

            pub(crate) fn everywhere(&self, context: &mut Context<super::inner::Path>) -> u8 {
                context.token();
                self.0
            }

            /// Takes and returns a type that nobody else can name.
            pub(self) fn module(&self, mut hidden: Hidden) -> Hidden {
                hidden.0 += self.0;
                hidden
            }
        }

        pub(in crate::places) async fn module(client: &PathClient) -> u8 {
            client.module(Hidden(2)).await.unwrap().0
        }
    }

    pub(super) async fn parent(client: &inner::PathClient) -> u8 {
        client.parent().await.unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn methods_are_as_visible_as_they_were() {
    let client = outer::inner::Path::new().spawn(CancellationToken::new());
    assert_eq!(soon(client.path()).await, Ok(1));
    assert_eq!(soon(client.everywhere()).await, Ok(1));
    assert_eq!(soon(outer::parent(&client)).await, 1);
    assert_eq!(soon(outer::inner::module(&client)).await, 3);
}

/// Attributes of other crates, before and after ours.
struct Traced(u8);

#[actor]
impl Traced {
    #[tracing::instrument(skip(self))]
    #[command(try)]
    pub(crate) async fn before(&mut self, by: u8) -> u8 {
        self.0 += by;
        tokio::task::yield_now().await;
        self.0
    }

    #[command(blocking)]
    #[tracing::instrument(skip_all, fields(by))]
    pub(crate) fn after(&self, by: impl Into<String>) -> String {
        format!("{} {}", self.0, by.into())
    }
}

#[tokio::test(start_paused = true)]
async fn other_attributes_stay_on_the_method() {
    let traced = Traced(1).spawn(CancellationToken::new());
    assert_eq!(soon(traced.before(2)).await, Ok(3));
    assert_eq!(soon(traced.try_before(1).unwrap()).await, Ok(4));
    assert_eq!(soon(traced.after("by")).await.as_deref(), Ok("4 by"));
}
