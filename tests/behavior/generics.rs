//! Generic actors, with type parameters, const parameters, lifetimes and `where`.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::error::Error as StdError;
use std::fmt::Display;
use std::hash::Hash;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;

use actor_runtime::{Actor, ActorHandle, CancellationToken, Client as _, ReplyStream, actor};
use tokio::task::yield_now;

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

/// A type that is neither `Clone` nor `Debug`.
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
    assert_eq!(
        format!("{clone:?}"),
        "HolderClient { is_closed: false, .. }"
    );
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
        yield_now().await;
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

/// A source of values, as usual for actors: the future is `Send`.
trait Provider {
    type Key;
    type Value;

    fn load(&mut self, key: &Self::Key) -> impl Future<Output = Self::Value> + Send;
}

struct Lengths;

impl Provider for Lengths {
    type Key = String;
    type Value = usize;

    async fn load(&mut self, key: &String) -> usize {
        yield_now().await;
        key.len()
    }
}

/// Keys and values are `Send` in any case. They are `Sync` because a future borrows them.
struct Cached<P: Provider> {
    provider: P,
    entries: HashMap<P::Key, P::Value>,
}

#[actor]
impl<P: Provider> Cached<P>
where
    P::Key: Hash + Eq + Clone + Sync,
    P::Value: Clone,
{
    pub(crate) async fn get(&mut self, key: &P::Key) -> P::Value {
        if let Some(value) = self.entries.get(key) {
            return value.clone();
        }
        let value = self.provider.load(key).await;
        self.entries.insert(key.clone(), value.clone());
        value
    }

    pub(crate) fn insert(&mut self, key: P::Key, value: P::Value) -> Option<P::Value> {
        self.entries.insert(key, value)
    }
}

#[tokio::test(start_paused = true)]
async fn bounds_may_be_about_associated_types() {
    let cached = Cached {
        provider: Lengths,
        entries: HashMap::new(),
    };
    let cached: CachedClient<Lengths> = cached.spawn(CancellationToken::new());
    assert_eq!(soon(cached.get(&"four".to_owned())).await, Ok(4));
    assert_eq!(soon(cached.insert("four".to_owned(), 5)).await, Ok(Some(4)));
    assert_eq!(soon(cached.get(&"four".to_owned())).await, Ok(5));
}

/// The bound that says what `I::Item` is names `T`, so commands that use one of them need the other.
struct Peeker<I, T>(I, Option<T>);

#[actor]
impl<I, T> Peeker<I, T>
where
    I: Iterator<Item = T>,
{
    pub(crate) fn peek(&mut self) -> Option<I::Item> {
        self.1 = self.0.next();
        self.1.take()
    }
}

struct Words<T>(Vec<T>);

#[actor]
impl<T> Words<T>
where
    Vec<T>: IntoIterator<Item = T> + Clone,
{
    pub(crate) fn first(&self) -> Option<<Vec<T> as IntoIterator>::Item> {
        self.0.clone().into_iter().next()
    }
}

#[tokio::test(start_paused = true)]
async fn associated_types_may_be_named_by_bounds() {
    let peeker: PeekerClient<_, u8> = Peeker(1_u8.., None).spawn(CancellationToken::new());
    assert_eq!(soon(peeker.peek()).await, Ok(Some(1)));
    let words: WordsClient<&str> = Words(vec!["a"]).spawn(CancellationToken::new());
    assert_eq!(soon(words.first()).await, Ok(Some("a")));
}

struct Front<I: Iterator>(I, Option<I::Item>);

/// An actor with several published types, none as plain as `I::Item`.
#[actor]
impl<I> Front<I>
where
    I: Iterator,
    I::Item: Clone + PartialEq,
{
    pub(crate) fn advance(&mut self) {
        self.1 = self.0.next();
    }

    #[watch]
    pub(crate) fn item(&self) -> Option<<I as Iterator>::Item> {
        self.1.clone()
    }

    #[watch]
    pub(crate) fn all(&self) -> Vec<<I as Iterator>::Item> {
        self.1.iter().cloned().collect()
    }
}

#[tokio::test(start_paused = true)]
async fn several_published_types_may_name_associated_types() {
    let front: FrontClient<_> = Front(1_u8.., None).spawn(CancellationToken::new());
    let mut items = front.watch_item();
    soon(front.advance()).await.unwrap();
    while soon(items.next()).await != Some(Some(1)) {}
    assert_eq!((front.item(), front.all()), (Some(1), vec![1]));
}

struct Repeater<T>(T);

#[actor]
impl<T: Clone> Repeater<T> {
    pub(crate) fn replace(&mut self, value: T) -> ::std::option::Option<T> {
        Some(std::mem::replace(&mut self.0, value))
    }

    pub(crate) async fn repeat(&mut self, mut reply: ReplyStream<T>) {
        let _ = reply.send(self.0.clone()).await;
        reply.finish();
    }
}

#[tokio::test(start_paused = true)]
async fn an_absolute_path_is_no_part_of_the_type_before_it() {
    let repeater: RepeaterClient<u8> = Repeater(1).spawn(CancellationToken::new());
    assert_eq!(soon(repeater.replace(2)).await, Ok(Some(1)));
    let mut replies = soon(repeater.repeat()).await.unwrap();
    assert_eq!(soon(replies.next()).await, Some(Ok(2)));
}

/// An actor whose parameters have defaults, which the block for the usual ones leaves out.
struct Usual<T = u8, const N: usize = 2>([T; N]);

#[actor]
impl Usual {
    pub(crate) fn sum(&self) -> u8 {
        self.0.iter().sum()
    }
}

struct Other<T = u8>(T);

#[actor]
impl<T: Clone> Other<T> {
    pub(crate) fn get(&self) -> T {
        self.0.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn parameters_may_have_defaults() {
    let usual: UsualClient = Usual([1, 2]).spawn(CancellationToken::new());
    assert_eq!(soon(usual.sum()).await, Ok(3));
    let other: OtherClient<u8> = Other(4).spawn(CancellationToken::new());
    assert_eq!(soon(other.get()).await, Ok(4));
}

/// An actor only where all of its commands can be called.
struct Maybe<T>(Vec<T>);

#[actor]
impl<T: Clone> Maybe<T> {
    pub(crate) fn show(&self, separator: &str) -> String
    where
        T: Display,
    {
        let all: Vec<String> = self.0.iter().map(T::to_string).collect();
        all.join(separator)
    }

    pub(crate) async fn sort(&mut self) -> Vec<T>
    where
        T: Ord,
        Self: Sized,
    {
        yield_now().await;
        self.0.sort();
        self.0.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn methods_may_have_conditions() {
    let maybe: MaybeClient<u8> = Maybe(vec![2, 1]).spawn(CancellationToken::new());
    assert_eq!(soon(maybe.show("-")).await.as_deref(), Ok("2-1"));
    assert_eq!(soon(maybe.sort()).await, Ok(vec![1, 2]));
}

/// An actor whose parameters have names of other things: the end of a path, an associated type, a module.
#[expect(non_camel_case_types, reason = "a module is called like that")]
struct Named<Error, Item, io>(Option<Error>, Vec<Item>, io);

#[actor]
#[expect(non_camel_case_types, reason = "a module is called like that")]
impl<Error: Clone, Item: Clone, io: Copy> Named<Error, Item, io> {
    pub(crate) fn check(&self) -> Result<(), std::io::Error> {
        Ok(())
    }

    pub(crate) fn run(&mut self, source: Box<dyn Iterator<Item = u8> + Send>) -> usize {
        source.count() + self.1.len()
    }

    pub(crate) fn keep(&self) -> (Option<Error>, io) {
        (self.0.clone(), self.2)
    }
}

#[tokio::test(start_paused = true)]
async fn parameters_may_be_named_like_segments_of_paths() {
    let named = Named(Some(1), vec!['a'], "io");
    let named: NamedClient<u8, &str> = named.spawn(CancellationToken::new());
    assert!(soon(named.check()).await.unwrap().is_ok());
    assert_eq!(soon(named.run(Box::new(0..3))).await, Ok(4));
    assert_eq!(soon(named.keep()).await, Ok((Some(1), "io")));
}

trait Shape {
    type Size;
}

struct Boxed<T>(T);

impl<T> Shape for Boxed<T> {
    type Size = [T; 1];
}

#[actor]
impl<T: Clone> Boxed<T>
where
    Self: Shape,
    <Self as Shape>::Size: Send + Into<[T; 1]>,
{
    pub(crate) fn swap(&mut self, size: <Self as Shape>::Size) -> T {
        let [new] = size.into();
        std::mem::replace(&mut self.0, new)
    }
}

trait Pair {
    type Out;
}

impl<T, U> Pair for (T, U) {
    type Out = T;
}

struct Tuple<T, U>(Vec<(T, U)>);

#[actor]
impl<T, U> Tuple<T, U>
where
    (T, U): Pair,
{
    pub(crate) async fn count(&mut self, out: Vec<<(T, U) as Pair>::Out>) -> usize {
        yield_now().await;
        out.len() + self.0.len()
    }
}

#[tokio::test(start_paused = true)]
async fn conditions_may_be_about_what_is_made_of_parameters() {
    let boxed: BoxedClient<u8> = Boxed(1).spawn(CancellationToken::new());
    assert_eq!(soon(boxed.swap([2])).await, Ok(1));
    let tuple: TupleClient<u8, char> = Tuple(vec![(1, 'a')]).spawn(CancellationToken::new());
    assert_eq!(soon(tuple.count(vec![1, 2])).await, Ok(3));
}

/// An actor whose state has associated types that no command names, and whose futures keep the state.
struct Skipper<I: Iterator>(std::iter::Peekable<I>);

#[actor]
impl<I: Iterator> Skipper<I> {
    pub(crate) async fn skip(&mut self) -> bool {
        yield_now().await;
        self.0.peek();
        self.0.next().is_some()
    }

    pub(crate) async fn add(&mut self, pair: (Option<I::Item>, &'static str)) -> usize {
        yield_now().await;
        pair.1.len()
    }
}

#[tokio::test(start_paused = true)]
async fn futures_may_keep_associated_types() {
    let skipper = Skipper([1_u8].into_iter().peekable());
    let skipper = skipper.spawn(CancellationToken::new());
    assert_eq!(soon(skipper.skip()).await, Ok(true));
    assert_eq!(soon(skipper.skip()).await, Ok(false));
    assert_eq!(soon(skipper.add((None, "four"))).await, Ok(4));
}

/// An actor whose client needs the conditions of its commands.
struct Shelf<T>(Vec<T>);

#[actor]
impl<T> Shelf<T> {
    pub(crate) fn has(&self, item: &T) -> bool
    where
        T: Clone + PartialEq,
    {
        self.0.contains(item)
    }

    pub(crate) fn add(&mut self, items: impl IntoIterator<Item = T::Item>)
    where
        T: IntoIterator + FromIterator<T::Item>,
    {
        self.0.push(items.into_iter().collect());
    }
}

#[tokio::test(start_paused = true)]
async fn clients_have_the_conditions_of_their_commands() {
    let shelf: ShelfClient<Vec<u8>> = Shelf(Vec::new()).spawn(CancellationToken::new());
    assert_eq!(soon(shelf.add([1, 2])).await, Ok(()));
    assert_eq!(soon(shelf.has(&vec![1, 2])).await, Ok(true));
}

/// An actor whose futures keep types with lifetimes.
struct Loader<T>(Vec<T>);

type Predicate<T> = Arc<dyn Fn(&T) -> bool + Send + Sync>;

#[actor]
impl<T: Clone + Sync> Loader<T> {
    pub(crate) async fn find(
        &mut self,
        wanted: Predicate<T>,
    ) -> Result<T, Box<dyn StdError + Send + Sync>> {
        yield_now().await;
        let found = self.0.iter().find(|value| wanted(value)).cloned();
        found.ok_or_else(|| "nothing is found".into())
    }

    pub(crate) async fn name(&mut self, name: Cow<'static, str>) -> &'static str {
        yield_now().await;
        match name {
            Cow::Borrowed(name) => name,
            Cow::Owned(_) => "owned",
        }
    }
}

#[tokio::test(start_paused = true)]
async fn futures_may_keep_types_with_lifetimes() {
    let loader: LoaderClient<u8> = Loader(vec![1, 2]).spawn(CancellationToken::new());
    let find = |wanted: u8| loader.find(Arc::new(move |value| *value == wanted));
    assert_eq!(soon(find(2)).await.unwrap().unwrap(), 2);
    assert_eq!(
        soon(find(3)).await.unwrap().unwrap_err().to_string(),
        "nothing is found"
    );
    assert_eq!(soon(loader.name("two".into())).await, Ok("two"));
}

/// `?Sized` parameters, borrowed and in boxes.
struct Shown<T: ?Sized>(Box<T>);

#[actor]
impl<T: ?Sized> Shown<T>
where
    T: ToOwned + Display + Send,
    T::Owned: Into<Box<T>>,
{
    pub(crate) fn show(&self) -> String {
        self.0.to_string()
    }

    pub(crate) fn replace(&mut self, value: &T, box_of: Option<Box<T>>) {
        self.0 = box_of.unwrap_or_else(|| value.to_owned().into());
    }
}

#[tokio::test(start_paused = true)]
async fn parameters_may_be_unsized() {
    let shown: ShownClient<str> = Shown("a".into()).spawn(CancellationToken::new());
    shown.replace("b", None).await.unwrap();
    assert_eq!(soon(shown.show()).await.as_deref(), Ok("b"));
}

/// An actor whose children are actors of the same type.
struct Node<T: Clone + Send + 'static> {
    value: T,
    children: Vec<(NodeClient<T>, ActorHandle<Self>)>,
}

#[actor]
impl<T: Clone + Send + 'static> Node<T> {
    pub(crate) fn add(&mut self, value: T) {
        let child = Self {
            value,
            children: Vec::new(),
        };
        let shutdown = CancellationToken::new();
        self.children.push(child.spawn_with_handle(shutdown));
    }

    pub(crate) async fn last(&mut self) -> T {
        let Some((child, _)) = self.children.last() else {
            return self.value.clone();
        };
        Box::pin(child.last()).await.unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn an_actor_may_own_actors_of_its_type() {
    let node = Node {
        value: 1,
        children: Vec::new(),
    };
    let node = node.spawn(CancellationToken::new());
    node.add(2).await.unwrap();
    assert_eq!(soon(node.last()).await, Ok(2));
}

/// An actor that is not `Sync`.
struct Tally(Cell<u8>);

#[actor]
impl Tally {
    pub(crate) fn count(&self) -> u8 {
        self.0.set(self.0.get() + 1);
        self.0.get()
    }

    pub(crate) async fn count_later(&mut self) -> u8 {
        yield_now().await;
        self.count()
    }
}

#[tokio::test(start_paused = true)]
async fn sync_methods_ask_no_sync_of_the_actor() {
    let tally = Tally(Cell::new(0)).spawn(CancellationToken::new());
    assert_eq!(soon(tally.count()).await, Ok(1));
    assert_eq!(soon(tally.count_later()).await, Ok(2));
}

struct Kept<T>(Rc<T>);

#[actor(local)]
impl<T: Clone> Kept<T> {
    pub(crate) fn get(&self) -> T {
        T::clone(&self.0)
    }

    pub(crate) async fn replace(&mut self, value: T) -> T {
        let old = std::mem::replace(&mut self.0, Rc::new(value));
        yield_now().await;
        T::clone(&old)
    }
}

#[tokio::test(start_paused = true)]
async fn a_local_actor_may_be_generic() {
    let (client, runner) = Kept(Rc::new(1)).builder().into_runner();
    let client: KeptClient<u8> = client;
    let calls = async move {
        assert_eq!(soon(client.replace(2)).await, Ok(1));
        assert_eq!(soon(client.get()).await, Ok(2));
    };
    tokio::join!(runner.run(), calls);
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
