//! Generic actors: bounds that name other parameters, projections, defaults, const parameters.

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;
use std::sync::Arc;

use actor_runtime::{Actor as _, CancellationToken, Client, actor, channel};

pub trait Storage {
    type Row;
    fn row(&self, key: u64) -> Self::Row;
}

pub struct Repository<S>(S);

#[actor]
impl<S: Storage> Repository<S> {
    pub fn row(&self, key: u64) -> S::Row {
        self.0.row(key)
    }
}

pub struct Ring<T, const N: usize = 4> {
    items: [Option<T>; N],
}

#[actor(errors = default)]
impl<T, const N: usize> Ring<T, N>
where
    T: Clone,
    [Option<T>; N]: Default,
{
    pub fn all(&self) -> [Option<T>; N] {
        self.items.clone()
    }

    pub fn put(&mut self, index: usize, item: T) {
        self.items[index] = Some(item);
    }
}

pub struct Index<K, V, F>(HashMap<K, V>, F);

#[actor]
impl<K, V, F> Index<K, V, F>
where
    K: Eq + Hash + From<V> + Display,
    V: Clone + Default,
    F: Fn(&K) -> V,
    for<'a> &'a K: PartialEq<&'a K>,
{
    pub fn get(&self, key: K) -> V {
        self.0.get(&key).cloned().unwrap_or_else(|| (self.1)(&key))
    }
}

pub struct Unsized<T: ?Sized>(Box<T>);

#[actor]
impl<T: ?Sized + Display> Unsized<T> {
    pub fn show(&self) -> String {
        self.0.to_string()
    }

    pub fn set(&mut self, value: Box<T>) {
        self.0 = value;
    }
}

pub struct Queue<T>(Vec<T>);

#[actor(in_place)]
impl<T> Queue<T> {
    pub fn pop(&mut self) -> Option<T> {
        self.0.pop()
    }

    pub fn share(&mut self, value: Arc<T>) -> usize {
        Arc::strong_count(&value)
    }
}

/// A client, a command and an actor may be named for any parameters.
pub struct Holder<T: Clone> {
    pub client: RingClient<T, 2>,
}

struct Rows;

impl Storage for Rows {
    type Row = String;
    fn row(&self, key: u64) -> String {
        key.to_string()
    }
}

fn is_shared<T: Client + Send + Sync>(_: &T) {}

#[tokio::main(flavor = "current_thread")]
pub async fn main() {
    let repository: RepositoryClient<Rows> = Repository(Rows).spawn(CancellationToken::new());
    is_shared(&repository);
    assert_eq!(repository.row(7).await.as_deref(), Ok("7"));
    let queue = Queue(vec![1]).spawn(CancellationToken::new());
    assert_eq!(queue.pop().await, Ok(Some(1)));
    let (ring, _inbox) = channel::<Ring<u8, 2>>(1);
    drop(ring.clone().all());
}
