//! Conditions of commands that the enum and the client need, and predicates of a block that are kept in part.

use std::collections::HashMap;
use std::hash::Hash;

use actor_runtime::{Reply, ReplyStream, actor};

pub trait Source {
    type Item: Send + 'static;
}

pub struct Wrap<T: Clone>(pub T);

pub struct Store<T>(Vec<T>);

#[actor]
impl<T> Store<T> {
    pub fn has(&self, item: &T) -> bool
    where
        T: Clone + PartialEq,
    {
        self.0.contains(item)
    }

    pub fn wrap(&self) -> Option<Wrap<T>>
    where
        T: Clone,
    {
        self.0.first().cloned().map(Wrap)
    }

    #[command(errors = default)]
    pub fn first(&mut self) -> T
    where
        T: Default,
    {
        self.0.pop().unwrap_or_default()
    }

    pub async fn put(&mut self, item: T::Item, more: impl IntoIterator<Item = T::Item>)
    where
        T: Source,
    {
        drop((item, more));
    }

    pub fn later(&mut self, reply: Reply<Option<T::Item>>)
    where
        T: Source,
    {
        reply.send(None);
    }

    pub fn all(&mut self, reply: ReplyStream<T::Item>)
    where
        T: Source,
    {
        reply.finish();
    }

    #[command(batch = 8)]
    pub fn add(&mut self, items: Vec<Wrap<T>>)
    where
        T: Clone,
    {
        self.0.extend(items.into_iter().map(|item| item.0));
    }

    #[watch]
    pub fn last(&self) -> Option<T>
    where
        T: Clone + PartialEq,
    {
        self.0.last().cloned()
    }
}

pub struct Table<K, V>(HashMap<K, V>);

#[actor(command = TableCommand, client = TableClient)]
impl<K, V> Table<K, V>
where
    K: Into<V> + Clone + Fn(&str) -> V,
{
    pub fn keys(&self) -> HashMap<K, u8>
    where
        K: Hash + Eq,
    {
        self.0.keys().map(|key| (key.clone(), 0)).collect()
    }

    pub fn has(&self, key: &K) -> bool
    where
        K: Hash + Eq,
    {
        self.0.contains_key(key)
    }
}

fn main() {}
