//! Last commands, methods around each command and contexts by other names, in odd blocks.

use actor_runtime::{actor, Context};

macro_rules! actor_of {
    ($name:ident, $field:ident: $ty:ty, $last:ident, { $($method:item)* }) => {
        pub struct $name {
            $field: $ty,
        }

        #[actor]
        impl $name {
            pub fn peek(&self) -> $ty {
                self.$field.clone()
            }

            #[command(last)]
            pub fn $last(self) -> $ty {
                self.$field
            }

            #[before_each]
            fn before(&mut self, ctx: &mut Context<Self>) -> Result<(), String> {
                drop(ctx.token());
                Ok(())
            }

            $($method)*
        }
    };
}

actor_of!(Made, value: Vec<u8>, r#final, {
    #[after_each]
    async fn after(&mut self) {}

    #[command(last)]
    pub async fn r#async(self, r#type: u8) -> u8 {
        r#type
    }
});

pub struct Generic<'a, T: ?Sized, const N: usize>(&'a [u8; N], Box<T>);

#[actor]
impl<'a, T: ?Sized + std::fmt::Debug, const N: usize> Generic<'a, T, N>
where
    T: 'a,
{
    pub fn len(&self) -> usize {
        N
    }

    #[command(last)]
    pub async fn close(self) -> String
    where
        T: std::fmt::Display,
    {
        self.1.to_string()
    }

    #[cfg_attr(all(), doc = "Before each command.")]
    #[before_each]
    #[allow(clippy::unused_self, reason = "it is empty")]
    fn before(&self)
    where
        T: Sync,
    {
    }

    #[after_each]
    fn after(self: &mut Self) {}
}

/// Only last commands.
pub struct Only;

#[actor]
impl Only {
    #[command(last)]
    pub fn one(self) {}

    #[cfg(any())]
    #[command(last)]
    pub fn none(self) -> Missing {}

    #[command(last, priority, errors = default)]
    pub async fn other(self: Self, _: u8) -> u8 {
        0
    }
}

/// Only conditional commands, around which there is something.
pub struct Absent;

#[actor(detached)]
impl Absent {
    #[cfg(any())]
    pub fn never(&self, reply: Missing) {}

    #[before_each]
    fn before(&mut self) -> Result<(), &'static str> {
        Ok(())
    }

    #[after_each]
    fn after(&mut self) {}
}

/// Builders of all kinds stay what they are.
pub struct Built<T>(T);

pub struct BuiltBuilder;

#[actor]
impl<T: Clone> Built<T> {
    pub fn get(&self) -> T {
        self.0.clone()
    }

    pub fn with(self, value: T) -> Self {
        Self(value)
    }

    pub fn try_with(self, value: T) -> Result<Self, T> {
        Ok(Self(value))
    }

    pub fn map<U>(self, value: U) -> Built<U> {
        Built(value)
    }

    pub fn boxed(self: Box<Self>) -> T {
        self.0
    }

    pub fn rebuild(self) -> BuiltBuilder {
        BuiltBuilder
    }

    pub fn start(self) -> Option<BuiltClient<T>> {
        None
    }

    #[command(skip)]
    pub fn into_inner(self) -> T {
        self.0
    }

    #[command(skip)]
    pub fn without(self) -> Self {
        self
    }

    fn consume(self) {}
}

pub fn main() {
    Built(1).with(2).without().consume();
}
