//! Parameters of a block under a `cfg`.

use actor_runtime::actor;

pub struct Cache<T>(T);

#[actor(event = T)]
impl<
    #[cfg(all())] T: Clone + PartialEq,
    #[cfg(any())] U: Clone,
    #[cfg(any())] const N: usize,
> Cache<T>
{
    pub async fn replace(&mut self, value: T) -> Option<T> {
        Some(std::mem::replace(&mut self.0, value))
    }

    #[watch]
    pub fn value(&self) -> T {
        self.0.clone()
    }
}

pub trait Source {
    type Item;
}

pub struct Store<T: Source, const N: usize>(T, [u8; N]);

/// Alternatives of one name.
#[actor(in_place)]
impl<#[cfg(all())] T: Source, #[cfg(any())] T, #[cfg(all())] const N: usize> Store<T, N> {
    pub fn put(&mut self, item: T::Item) -> [u8; N] {
        drop(item);
        self.1
    }
}

fn main() {}
