//! `Self` in the signature of a command is spelled out in the enum and the client.

use actor_runtime::{Context, actor};

#[derive(Clone, Copy, Default, PartialEq)]
pub struct Point<T> {
    x: T,
}

pub trait Shape {
    type Size;
    const SIDES: usize;
}

impl<T> Shape for Point<T> {
    type Size = [T; 1];
    const SIDES: usize = 1;
}

// `Context<Self>` asks for an actor, so the bounds that make the type one have to be said.
#[actor]
impl<T: Copy + Default + PartialEq + Send + 'static> Point<T> {
    pub fn get(&self) -> Self {
        *self
    }

    pub fn is(&self, other: &Self) -> bool {
        self == other
    }

    pub fn all(&self, others: Vec<Self>, first: Option<&Self>) -> Result<Box<Self>, Option<Self>> {
        let _ = (others, first);
        Err(None)
    }

    pub fn size(&self) -> <Self as Shape>::Size {
        [self.x]
    }

    pub fn move_to(&mut self, to: impl Into<Self>, context: &mut Context<Self>) {
        *self = to.into();
        context.stop();
    }
}

pub struct Buffer {
    bytes: [u8; 4],
}

#[actor]
impl Buffer {
    const N: usize = 4;

    pub fn get(&self) -> [u8; Self::N] {
        self.bytes
    }

    pub fn set(&mut self, bytes: &[u8; Self::N]) {
        self.bytes = *bytes;
    }
}

pub fn main() {
    let (point, _inbox) = actor_runtime::channel::<Point<u8>>(1);
    drop(point.get());
    drop(point.move_to(Point { x: 1 }));
    let (buffer, _inbox) = actor_runtime::channel::<Buffer>(1);
    drop(buffer.set(&[0; 4]));
}
