//! Parameters of a block under a `cfg`.

use actor_runtime::{Actor as _, CancellationToken, actor};

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

pub struct Rows<T>(Vec<T>);

/// Conditions of commands under a `cfg`.
#[actor]
impl<T> Rows<T> {
    #[cfg(any())]
    pub fn write(&self, row: T) -> String
    where
        T: absent_crate::Serialize,
    {
        absent_crate::write(row)
    }

    #[cfg(all())]
    pub fn has(&self, row: T) -> bool
    where
        T: PartialEq,
    {
        self.0.contains(&row)
    }

    #[cfg(all())]
    #[watch]
    pub fn first(&self) -> Option<T>
    where
        T: Clone + PartialEq,
    {
        self.0.first().cloned()
    }
}

pub fn spawned(rows: Vec<u8>) -> RowsClient<u8> {
    Rows(rows).spawn(CancellationToken::new())
}

fn main() {}
