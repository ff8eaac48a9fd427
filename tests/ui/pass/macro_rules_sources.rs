//! Sources, hooks and published values in blocks that a `macro_rules!` makes.

use std::future::{Ready, ready};
use std::pin::Pin;
use std::task::{Context as Task, Poll};
use std::time::Duration;

use actor_runtime::{Context, Reply, Stream, actor};

pub struct Numbers(u8);

impl Stream for Numbers {
    type Item = u8;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Task<'_>) -> Poll<Option<u8>> {
        self.0 += 1;
        Poll::Ready(Some(self.0))
    }
}

pub struct Inner {
    period: Duration,
    is_open: bool,
    total: u8,
}

impl Inner {
    fn future(&self) -> Ready<u8> {
        ready(self.total)
    }
}

macro_rules! annotated {
    ($block:item) => {
        #[actor]
        $block
    };
}

pub struct Item(Inner);

annotated! {
    impl Item {
        #[every(self.0.period)]
        fn tick(&mut self) {
            self.0.total += 1;
        }

        #[stream(Numbers(self.0.total))]
        fn number(&mut self, number: u8) {
            self.0.total += number;
        }

        #[on(self.0.future(), if self.0.is_open)]
        fn done(&mut self, total: u8) {
            self.0.total = total;
        }

        #[watch]
        pub fn total(&self) -> u8 {
            self.0.total
        }
    }
}

macro_rules! of_parts {
    (
        $name:ident, $period:expr, $stream:expr, $condition:expr, $capacity:literal, $event:ty,
        $output:ident: $type:ty, $limit:expr, $deadline:expr, $(#[$role:meta])* $method:ident
    ) => {
        pub struct $name(Inner);

        #[actor(event = $event, event_capacity = $capacity, deadline = $deadline, timeout = $deadline)]
        impl $name {
            #[every($period)]
            fn tick(&mut self, ctx: &mut Context<Self>) {
                ctx.emit(<$event>::default());
            }

            #[every(self.0.period, now)]
            fn tick_now(&mut self) {
                self.0.total += 1;
            }

            #[stream($stream)]
            fn number(&mut self, $output: $type) {
                self.0.total += $output;
            }

            #[on(self.0.future(), if self.0.is_open && $condition)]
            fn done(&mut self, $output: $type) {
                self.0.total = $output;
            }

            $(#[$role])*
            fn $method(&mut self) {}

            #[command(batch = $limit, arg = $output)]
            pub fn add(&mut self, numbers: Vec<$type>) -> Vec<$type> {
                numbers
            }

            pub fn ask(&mut self, $output: Reply<$type>) {
                $output.send(1);
            }

            #[watch]
            pub fn total(&self) -> $type {
                self.0.total
            }
        }
    };
}

of_parts!(
    Parts, Duration::from_secs(1), Numbers(1), !false, 8, u16, number: u8, 4 + 4, Duration::from_secs(2),
    #[on_start] start
);

macro_rules! of_expressions {
    ($self:ident, $name:ident, $period:expr, $stream:expr, $future:expr, $condition:expr) => {
        pub struct $name(Inner);

        #[actor]
        impl $name {
            #[every($period)]
            fn tick(&mut $self) {}

            #[stream($stream)]
            fn number(&mut $self, number: u8) {
                $self.0.total += number;
            }

            #[on($future, if $condition)]
            fn done(&mut $self, _: u8) {}
        }
    };
}

of_expressions!(
    self,
    Expressions,
    self.0.period,
    Numbers(self.0.total),
    self.0.future(),
    self.0.is_open
);

fn main() {}
