//! Actors with type parameters, const parameters, lifetimes and `where`.

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;
use std::marker::PhantomData;

use actor_runtime::{Actor, CancellationToken, Client as _, actor};

use crate::support::soon;

struct Store<K, V> {
    entries: HashMap<K, V>,
}

#[actor]
impl<K, V> Store<K, V>
where
    K: Clone + Eq + Hash,
    V: Clone,
{
    pub(crate) fn get(&self, key: &K) -> Option<V> {
        self.entries.get(key).cloned()
    }

    pub(crate) fn set(&mut self, key: K, value: V) {
        self.entries.insert(key, value);
    }

    pub(crate) fn get_all(&self, keys: &[K]) -> Vec<V> {
        keys.iter()
            .filter_map(|key| self.entries.get(key).cloned())
            .collect()
    }
}

#[tokio::test(start_paused = true)]
async fn type_parameters_reach_enum_and_client() {
    let store = Store {
        entries: HashMap::new(),
    };
    let store: StoreClient<u8, String> = store.spawn(CancellationToken::new());
    store.set(1, "one".to_owned()).await.unwrap();
    store.set(2, "two".to_owned()).await.unwrap();
    assert_eq!(soon(store.get(&1)).await, Ok(Some("one".to_owned())));
    assert_eq!(soon(store.get(&3)).await, Ok(None));
    assert_eq!(
        soon(store.get_all(&[2, 3])).await,
        Ok(vec!["two".to_owned()])
    );
}

/// Neither `Clone` nor `Debug`.
struct Opaque(u8);

struct Holder<T>(Option<T>);

#[actor]
impl<T> Holder<T> {
    pub(crate) fn replace(&mut self, value: T) -> Option<T> {
        self.0.replace(value)
    }
}

#[tokio::test(start_paused = true)]
async fn clients_ask_nothing_of_their_parameters_for_clone_and_debug() {
    let holder = Holder(Some(Opaque(1))).spawn(CancellationToken::new());
    let clone = holder.clone();
    assert!(clone.same_actor(&holder));
    assert!(format!("{clone:?}").contains("Client"));
    let replaced = soon(clone.replace(Opaque(2))).await.unwrap();
    assert_eq!(replaced.map(|Opaque(number)| number), Some(1));
    assert!(holder.downgrade().upgrade().is_some());
}

struct Ring<T, const N: usize> {
    items: [T; N],
}

#[actor]
impl<T: Copy, const N: usize> Ring<T, N> {
    pub(crate) fn rotate(&mut self) -> [T; N] {
        self.items.rotate_left(1);
        self.items
    }
}

struct Counter<const STEP: u32>(u32);

#[actor]
impl<const STEP: u32> Counter<STEP> {
    pub(crate) fn count(&mut self) -> u32 {
        self.0 += STEP;
        self.0
    }
}

#[tokio::test(start_paused = true)]
async fn const_parameters_work() {
    let ring: RingClient<u8, 3> = Ring { items: [1, 2, 3] }.spawn(CancellationToken::new());
    assert_eq!(soon(ring.rotate()).await, Ok([2, 3, 1]));
    // No command mentions `STEP`, so the client does without.
    let counter: CounterClient = Counter::<5>(0).spawn(CancellationToken::new());
    assert_eq!(soon(counter.count()).await, Ok(5));
}

struct Printer<T, F> {
    separator: F,
    unused: PhantomData<fn() -> T>,
}

#[actor]
impl<T, F> Printer<T, F>
where
    T: Display,
    F: Fn() -> &'static str + Sync,
    Vec<T>: Sized,
{
    pub(crate) async fn join(&self, items: Vec<T>) -> String {
        tokio::task::yield_now().await;
        let items: Vec<String> = items.iter().map(T::to_string).collect();
        items.join((self.separator)())
    }
}

#[tokio::test(start_paused = true)]
async fn the_client_keeps_only_the_parameters_that_commands_use() {
    let printer = Printer {
        separator: || ", ",
        unused: PhantomData,
    };
    let printer: PrinterClient<u8> = printer.spawn(CancellationToken::new());
    assert_eq!(soon(printer.join(vec![1, 2])).await.as_deref(), Ok("1, 2"));
}

struct Summer<I: Iterator>(I);

#[actor]
impl<I: Iterator> Summer<I>
where
    I::Item: Send,
{
    pub(crate) fn next_item(&mut self) -> Option<I::Item> {
        self.0.next()
    }
}

#[tokio::test(start_paused = true)]
async fn associated_types_of_parameters_work() {
    let summer = Summer(7_u8..).spawn(CancellationToken::new());
    assert_eq!(soon(summer.next_item()).await, Ok(Some(7)));
    assert_eq!(soon(summer.next_item()).await, Ok(Some(8)));
}

/// Code that works with any actor that has a certain client.
async fn first<A>(actor: A) -> u32
where
    A: Actor<Client = CounterClient> + actor_runtime::SendActor,
{
    let counter = actor.spawn(CancellationToken::new());
    soon(counter.count()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn actors_can_be_parameters() {
    assert_eq!(first(Counter::<3>(0)).await, 3);
    assert_eq!(first(Counter::<4>(1)).await, 5);
}

mod lifetimes {
    use actor_runtime::actor;
    use tokio::task::yield_now;

    pub(super) struct Named<'a> {
        name: &'a str,
    }

    #[actor]
    impl<'a> Named<'a> {
        pub(super) fn new(name: &'a str) -> Self {
            Self { name }
        }

        pub(super) async fn name(&self) -> String {
            yield_now().await;
            self.name.to_owned()
        }

        pub(super) fn shorten(&mut self, length: usize) {
            self.name = &self.name[..length];
        }
    }
}

mod elided {
    use actor_runtime::actor;
    use tokio::task::yield_now;

    pub(super) struct Reader<'a>(pub(super) &'a str);

    #[actor]
    impl Reader<'_> {
        pub(super) async fn length(&self) -> usize {
            yield_now().await;
            self.0.len()
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_lifetime_of_a_block_may_be_elided() {
    let reader = elided::Reader("four").spawn(CancellationToken::new());
    assert_eq!(reader.length().await.unwrap(), 4);
}

#[tokio::test(start_paused = true)]
async fn the_state_may_borrow_for_ever() {
    let named = lifetimes::Named::new("Anna").spawn(CancellationToken::new());
    named.shorten(3).await.unwrap();
    assert_eq!(named.name().await.unwrap(), "Ann");
}
