//! Blocks that a `macro_rules!` makes, with fragments of each kind.

macro_rules! actor_of_parts {
    (
        $(#[$meta:meta])*
        $vis:vis $name:ident($field:ty) $lifetime:lifetime {
            $method_vis:vis fn $method:ident($pattern:pat_param = $argument:ty) -> $reply:ty $body:block
        }
        capacity $capacity:expr, at most $limit:literal, by $runtime:path
    ) => {
        $vis struct $name($field);

        #[actor_runtime::actor(capacity = $capacity, vis = $vis, crate = $runtime)]
        impl $name {
            $(#[$meta])*
            $method_vis fn $method(&self, $pattern: $argument) -> $reply $body

            $method_vis fn limited(&mut self, text: &$lifetime str) -> [u8; $limit] {
                self.0 += text.len();
                [0; $limit]
            }
        }
    };
}

actor_of_parts! {
    /// Adds both.
    #[command(try)]
    pub(crate) Sum(usize) 'static {
        pub fn sum((a, b) = (usize, usize)) -> Option<usize> { Some(a + b) }
    }
    capacity 2 * 8, at most 4, by actor_runtime
}

macro_rules! annotated {
    ($item:item) => {
        #[actor_runtime::actor]
        $item
    };
}

pub struct Text(String);

annotated! {
    impl Text {
        #[command(blocking)]
        pub fn push(&mut self, text: &str) {
            self.0.push_str(text);
        }
    }
}

macro_rules! borrowing {
    ($($method:ident: $ty:ty),*) => {
        pub struct Borrower;

        #[actor_runtime::actor]
        impl Borrower {
            $(pub fn $method(&self, value: $ty) { let _ = value; })*
        }
    };
}

borrowing!(text: &str, bytes: &[u8], number: u32, option: Option<&str>, unit: (), converted: String);

macro_rules! tokens {
    ($($tokens:tt)*) => { $($tokens)* };
}

pub struct Whole;

tokens! {
    #[actor_runtime::actor]
    impl Whole {
        pub fn get(&self) -> tokens!(u32) {
            macro_rules! zero { ($actor:expr) => {{ let _ = $actor; 0 }}; }
            zero!(self)
        }
    }
}

macro_rules! remote_actor {
    ($name:ident { $($method:ident($argument:ident: $type:ty) -> $reply:ty),* }) => {
        pub struct $name;

        #[actor_runtime::actor(remote)]
        impl $name {
            $(pub fn $method(&self, $argument: $type, value: u8) -> ($reply, u8) { ($argument.into(), value) })*
        }
    };
}

remote_actor!(Far { get(value: &str) -> String, put(key: String) -> Box<str> });

pub fn main() {
    let (sum, _inbox) = actor_runtime::channel::<Sum>(1);
    drop(sum.sum((1, 2)));
    drop(sum.try_sum((1, 2)));
    drop(sum.limited("text"));
    let (text, _inbox) = actor_runtime::channel::<Text>(1);
    assert!(text.blocking_push("text").is_ok());
    let (borrower, _inbox) = actor_runtime::channel::<Borrower>(1);
    drop(borrower.option(Some("text")));
    let (whole, _inbox) = actor_runtime::channel::<Whole>(1);
    drop(whole.get());
}
