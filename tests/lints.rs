//! The cleanness of generated code: actors of all kinds under the strictest lints.
#![forbid(unsafe_code)]
#![deny(
    warnings,
    future_incompatible,
    keyword_idents,
    let_underscore,
    nonstandard_style,
    rust_2018_idioms,
    rust_2024_compatibility,
    unused,
    absolute_paths_not_starting_with_crate,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    impl_trait_redundant_captures,
    macro_use_extern_crate,
    meta_variable_misuse,
    missing_debug_implementations,
    missing_docs,
    redundant_imports,
    redundant_lifetimes,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unnameable_types,
    unreachable_pub,
    unused_extern_crates,
    unused_import_braces,
    unused_lifetimes,
    unused_macro_rules,
    unused_qualifications,
    unused_results,
    missing_copy_implementations
)]
#![deny(clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction)]
#![allow(
    clippy::blanket_clippy_restriction_lints,
    clippy::allow_attributes,
    clippy::arbitrary_source_item_ordering,
    clippy::arithmetic_side_effects,
    clippy::exhaustive_structs,
    clippy::impl_trait_in_params,
    clippy::implicit_return,
    clippy::missing_inline_in_public_items,
    clippy::panic_in_result_fn,
    clippy::pub_with_shorthand,
    clippy::question_mark_used,
    clippy::shadow_reuse,
    clippy::single_call_fn,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::tests_outside_test_module,
    reason = "of the restrictions, those that the actors below do not keep"
)]
#![allow(
    clippy::redundant_pub_crate,
    reason = "`unreachable_pub` wants the opposite"
)]
#![allow(clippy::missing_errors_doc, reason = "the actors below are short")]

use std::collections::HashMap;
use std::future::{pending, ready};
use std::hash::{BuildHasher, Hash};
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{self, Poll};
use std::time::Duration;

use actor_runtime::{
    Actor as _, CallError, CancellationToken, Context, Inbox, Reply, ReplyStream, StopReason,
    Stream, actor,
};
use tokio::time::Instant;

/// Directory by name, for other processes.
#[derive(Debug, Default)]
pub struct Directory {
    values: HashMap<String, u32>,
}

#[actor(remote)]
impl Directory {
    /// Returns the number called `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<u32> {
        self.values.get(name).copied()
    }

    /// Sets a number.
    #[deprecated = "use `get`"]
    pub fn set(&mut self, name: String, #[cfg(not(any()))] value: u32) {
        let _: Option<u32> = self.values.insert(name, value);
    }

    /// Returns all numbers later.
    #[cfg(not(any()))]
    pub fn all(&self, reply: Reply<HashMap<String, u32>>) {
        reply.send(self.values.clone());
    }

    #[command]
    fn clear(&mut self) {
        self.values.clear();
    }

    /// Returns the names.
    #[must_use]
    #[expect(
        clippy::iter_not_returning_iterator,
        reason = "an iterator cannot be carried"
    )]
    pub fn iter(&self) -> Vec<String> {
        self.values.keys().cloned().collect()
    }
}

/// Rows by key, for other processes.
#[derive(Debug)]
pub struct FarTable<K, V> {
    rows: HashMap<K, Vec<V>>,
}

#[actor(remote)]
impl<K: Eq + Hash, V: Clone> FarTable<K, V> {
    /// Returns the rows of `key`.
    #[must_use]
    pub fn rows(&self, key: &K) -> Vec<V>
    where
        K: Clone,
    {
        self.rows.get(key).cloned().unwrap_or_default()
    }
}

/// Text by line.
#[derive(Debug, Default)]
pub struct Text {
    lines: Vec<String>,
    file: PathBuf,
}

#[actor]
impl Text {
    /// Returns the lines.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.lines.clone()
    }

    /// Returns the lines later.
    #[must_use = "they are a copy"]
    #[command(try, blocking)]
    pub async fn lines_later(&self) -> Vec<String> {
        ready(self.lines.clone()).await
    }

    /// Adds a line.
    #[command(try, blocking)]
    pub fn add(&mut self, line: &str) {
        self.lines.push(line.to_owned());
    }

    /// Adds many lines.
    #[command(ack, try, blocking)]
    pub fn extend(&mut self, lines: impl IntoIterator<Item = String>) {
        self.lines.extend(lines);
    }

    /// Adds many lines.
    pub fn extend_from(&mut self, lines: &[String], more: Option<&Vec<String>>) -> Option<()> {
        self.lines.extend_from_slice(lines);
        more.map(|more| self.lines.extend_from_slice(more))
    }

    /// Moves the text to another file.
    pub async fn move_to(&mut self, file: &Path, name: impl Into<String>, _: bool) {
        self.file = ready(file.join(name.into())).await;
    }

    /// Swaps two lines.
    pub fn swap(&mut self, (first, mut second): (usize, usize), mut times: u8) {
        while times > 0 {
            times -= 1;
            second += 1;
        }
        self.lines.swap(first, second);
    }

    /// Removes all lines.
    #[deprecated = "use `extend`"]
    #[command(try, blocking)]
    pub fn reset(&mut self, first: Option<&str>) {
        self.lines.clear();
        self.lines.extend(first.map(str::to_owned));
    }

    /// Stops the actor.
    pub fn stop(&self, context: &mut Context<Self>) {
        if self.lines.is_empty() {
            context.stop();
        }
    }

    #[doc(hidden)]
    #[cfg(not(any()))]
    #[cfg_attr(not(any()), allow(non_snake_case, reason = "it is hidden"))]
    pub fn Clear(&mut self) {
        self.lines.clear();
    }

    /// Returns the limit for the number of lines.
    #[must_use]
    #[expect(non_snake_case, reason = "it is a constant")]
    pub const fn LIMIT(&self, _kind: u8) -> usize {
        1000
    }
}

/// Rows by key.
#[derive(Debug, Default)]
pub struct Table<K, V, H, const N: usize> {
    rows: HashMap<K, [V; N], H>,
}

#[actor(errors = default, capacity = 8 * 2, command = Request, client = Handle)]
impl<K: Clone + Eq + Hash, V, H: BuildHasher, const N: usize> Table<K, V, H, N>
where
    V: Clone,
{
    /// Returns the row of `key`.
    #[command(try, blocking)]
    pub fn row(&self, key: &K) -> Option<[V; N]> {
        self.rows.get(key).cloned()
    }

    /// Adds a row.
    #[command(ack, try, blocking)]
    pub fn add(&mut self, key: K, row: [V; N]) {
        drop(self.rows.insert(key, row));
    }

    /// Removes a row.
    pub fn remove(&mut self, key: &K) {
        drop(self.rows.remove(key));
    }
}

/// A file.
#[derive(Debug, Default)]
pub struct File {
    bytes: Vec<u8>,
}

#[actor(errors = into, unbounded)]
impl File {
    /// Reads all of it.
    #[command(try, blocking)]
    pub fn read(&self, limit: usize) -> io::Result<Vec<u8>> {
        let bytes = self.bytes.get(..limit);
        bytes
            .map(<[u8]>::to_vec)
            .ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    /// Writes all of it.
    pub async fn write(&mut self, bytes: Vec<u8>) -> Result<(), CallError> {
        self.bytes = ready(bytes).await;
        Ok(())
    }

    /// Returns the length of the file.
    pub async fn len(&mut self) -> usize {
        ready(self.bytes.len()).await
    }

    /// Returns whether the file is empty.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// A script of one thread.
#[derive(Debug)]
pub struct Script {
    text: Rc<str>,
}

#[actor(local)]
impl Script {
    /// Returns the text.
    #[allow(clippy::future_not_send, reason = "it stays on its thread")]
    pub async fn text(&self, line: Rc<str>) -> Rc<str> {
        ready(()).await;
        if line.is_empty() {
            line
        } else {
            Rc::clone(&self.text)
        }
    }
}

/// A state with parameters of fields and methods that are configured out.
#[derive(Debug, Default)]
pub struct Conditional<T, U> {
    first: Vec<T>,
    second: Vec<U>,
}

#[actor]
impl<T: Clone, U: Clone> Conditional<T, U> {
    /// Counts the values.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.first.len() + self.second.len()
    }

    /// Returns whether there are no values.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.first.is_empty() && self.second.is_empty()
    }

    /// Adds the values that are configured in.
    #[command(try, blocking)]
    pub fn add(&mut self, #[cfg(not(any()))] first: &T, #[cfg(any())] second: U) {
        #[cfg(any())]
        self.second.push(second);
        self.first.push(T::clone(first));
    }

    /// Adds the second value.
    #[cfg(any())]
    pub fn add_second(&mut self, second: Option<&U>) {
        self.second.extend(second.cloned());
    }
}

/// A state that borrows forever.
#[derive(Debug)]
pub struct Forever<'text> {
    text: &'text str,
}

#[actor]
#[deprecated = "a text of a block that is old"]
impl Forever<'static> {
    /// Returns the text.
    #[must_use]
    pub const fn text(&self) -> &'static str {
        self.text
    }

    /// Sets another text.
    pub async fn set(&mut self, text: &'static str) {
        self.text = ready(text).await;
    }
}

/// A stream without an end.
#[derive(Debug)]
pub struct Numbers {
    next: Box<u8>,
}

impl Stream for Numbers {
    type Item = u8;

    fn poll_next(self: Pin<&mut Self>, _cx: &mut task::Context<'_>) -> Poll<Option<u8>> {
        Poll::Ready(Some(*self.next))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::MAX, None)
    }
}

/// An announcement of a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Announcement<T> {
    /// The relay received a value.
    Received(T),
}

/// A state with every kind of method: hooks, sources, and all kinds of commands.
#[derive(Debug)]
pub struct Relay<T> {
    period: Duration,
    waiting: HashMap<u8, Reply<T>>,
    last: T,
    is_open: bool,
}

#[actor(
    event = Announcement<T>,
    event_capacity = 4 * 4,
    shutdown = drain,
    deadline = Duration::from_secs(5),
    timeout = Duration::from_secs(5),
    detached
)]
impl<T: Clone + PartialEq + Send + Sync + 'static> Relay<T> {
    #[every(self.period)]
    const fn tick(&mut self) {
        self.is_open = !self.is_open;
    }

    #[every(Duration::from_secs(1), now)]
    async fn tick_later(&self, tick: Instant, ctx: &mut Context<Self>) {
        let is_late = ready(tick.elapsed() > self.period).await;
        if is_late {
            ctx.stop();
        }
    }

    #[at(self.deadline())]
    fn close_if_idle(&mut self, due: Instant) {
        self.is_open = due.elapsed() < self.period;
    }

    fn deadline(&self) -> Option<Instant> {
        self.is_open.then(|| Instant::now() + self.period)
    }

    #[stream(Numbers { next: Box::new(1) })]
    fn number(&mut self, number: u8) {
        drop(self.waiting.remove(&number));
    }

    #[cfg(not(any()))]
    #[on(ready(()))]
    const fn done(&self) {
        assert!(!self.is_open || self.period.as_nanos() > 0, "it ticks");
    }

    #[on(pending::<T>(), if self.is_open)]
    async fn received(&mut self, value: T, ctx: &mut Context<Self>) {
        self.last = ready(value.clone()).await;
        let _: usize = ctx.emit(Announcement::Received(value));
    }

    #[cfg(any())]
    #[on(absent)]
    fn absent(&mut self, _absent: Absent) {}

    #[on_start]
    async fn open(&mut self) -> io::Result<()> {
        self.is_open = ready(true).await;
        Ok(())
    }

    #[on_stop]
    fn close(&mut self, reason: StopReason) {
        self.is_open = reason == StopReason::Cancelled;
    }

    #[before_each]
    async fn check(&self, ctx: &mut Context<Self>) -> io::Result<()> {
        if ready(self.is_open).await {
            return Ok(());
        }
        ctx.stop();
        Err(io::ErrorKind::NotConnected.into())
    }

    #[after_each]
    const fn keep_open(&mut self) {
        self.is_open = true;
    }

    /// Returns the last value.
    #[must_use]
    #[watch]
    pub fn latest(&self) -> T {
        self.last.clone()
    }

    /// Returns whether the relay is open.
    #[watch]
    pub const fn is_open(&self) -> bool {
        self.is_open
    }

    /// Answers later.
    #[command(try, blocking)]
    pub fn ask(&mut self, number: u8, reply: Reply<T>) {
        drop(self.waiting.insert(number, reply));
    }

    /// Answers piece by piece.
    #[command(try)]
    pub async fn list(&self, count: usize, mut reply: ReplyStream<T>) {
        for _ in 0..count {
            if reply.send(self.last.clone()).await.is_err() {
                return;
            }
        }
        reply.finish();
    }

    /// Adds several values.
    #[command(batch = 8, arg = value, priority, try, blocking)]
    pub fn add(&mut self, values: Vec<T>) -> Vec<bool> {
        let are_new = values.iter().map(|value| *value != self.last);
        let are_new = are_new.collect();
        self.last = values
            .into_iter()
            .next_back()
            .unwrap_or_else(|| self.last.clone());
        are_new
    }

    /// Notes several values.
    #[command(batch = 8, ack)]
    pub async fn note(&mut self, values: Vec<u8>, ctx: &mut Context<Self>) {
        if ready(values.is_empty()).await {
            ctx.stop();
        }
    }

    /// Forgets several values.
    #[command(batch = 8)]
    pub fn forget(&mut self, numbers: Vec<u8>) {
        for number in numbers {
            drop(self.waiting.remove(&number));
        }
    }

    /// Looks at the last value.
    #[command(skip_cancelled, priority)]
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Returns whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Returns the last value of all.
    #[command(last)]
    #[must_use]
    pub fn into_last(self) -> T {
        self.last
    }

    /// Closes the relay.
    #[command(last, try)]
    pub async fn shut(mut self, text: &str) {
        self.is_open = ready(!text.is_empty()).await;
    }

    /// Starts a task.
    pub fn start(&mut self, ctx: &mut Context<Self>) {
        drop(ctx.spawn(ready(())));
    }
}

/// A relay of one thread.
#[derive(Debug)]
pub struct LocalRelay {
    text: Rc<str>,
}

#[actor(local)]
impl LocalRelay {
    #[on(pending::<Rc<str>>())]
    #[allow(clippy::future_not_send, reason = "it stays on its thread")]
    async fn line(&mut self, line: Rc<str>) {
        self.text = ready(line).await;
    }

    #[every(Duration::from_secs(1))]
    fn tick(&mut self) {
        self.text = Rc::from("");
    }

    #[on_stop]
    #[allow(clippy::future_not_send, reason = "it stays on its thread")]
    async fn close(&self) {
        ready(()).await;
    }

    /// Returns the length.
    #[watch]
    #[must_use]
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Returns whether there is nothing.
    #[watch]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

/// An actor whose methods are all conditional.
#[derive(Debug, Default)]
pub struct Absentee<T> {
    values: Vec<T>,
}

#[actor]
impl<T: Clone + PartialEq> Absentee<T> {
    #[cfg(any())]
    #[on(pending::<T>())]
    fn received(&mut self, value: T) {
        self.values.push(value);
    }

    #[cfg(any())]
    #[on_start]
    fn open(&mut self) {
        self.values.clear();
    }

    /// Returns the first value.
    #[cfg(any())]
    #[watch]
    pub fn first(&self) -> Option<T> {
        self.values.first().cloned()
    }

    /// Returns the number of values.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.values.len()
    }

    /// Returns whether there are no values.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

/// An actor without commands.
#[derive(Debug, Clone, Copy)]
pub struct Empty;

#[actor]
impl Empty {}

/// Actors that are not public, with commands that carry even more private types.
mod hidden {
    use actor_runtime::{CallError, actor};

    #[derive(Debug, Clone, Default)]
    struct Entry(u8);

    #[derive(Debug, Default)]
    pub(crate) struct Private {
        entry: Entry,
    }

    #[actor(errors = into, vis = pub(crate))]
    impl Private {
        #[command(try, blocking)]
        pub(crate) const fn entry(&self) -> Result<u8, CallError> {
            match self.entry {
                Entry(0) => Err(CallError::Unanswered),
                Entry(number) => Ok(number),
            }
        }
    }

    #[derive(Debug, Default)]
    struct Nested {
        entry: Entry,
    }

    #[actor(errors = default)]
    impl Nested {
        #[command(try, blocking)]
        pub(crate) fn entry(&self) -> Entry {
            self.entry.clone()
        }

        #[command(try, blocking)]
        pub(crate) fn set(&mut self, entry: &Entry, entries: &[Entry]) {
            self.entry = entries.first().unwrap_or(entry).clone();
        }
    }

    #[test]
    fn all_is_used() {
        assert_eq!(Private::default().entry(), Err(CallError::Unanswered));
        let (client, _inbox) = actor_runtime::channel::<Nested>(1);
        drop(client.entry());
    }
}

/// An actor with a loop of its own.
#[derive(Debug)]
pub struct Looped<T>(T);

#[actor]
impl<T: Clone + Send + 'static> Looped<T> {
    /// Returns the value.
    pub fn get(&mut self) -> T {
        self.0.clone()
    }

    #[run]
    async fn serve(mut self, inbox: &mut Inbox<LoopedCommand<T>>, ctx: &mut Context<Self>) -> Self {
        while let Some(command) = inbox.next().await {
            self.handle(command, ctx).await;
        }
        self
    }
}

/// An actor inside a function.
#[tokio::test]
async fn actors_in_functions_are_clean() -> Result<(), CallError> {
    #[derive(Debug)]
    struct Counter(u32);

    #[actor]
    impl Counter {
        pub(crate) const fn add(&mut self, number: u32) -> u32 {
            self.0 += number;
            self.0
        }
    }

    let counter = Counter(1).spawn(CancellationToken::new());
    assert_eq!(counter.add(2).await?, 3);
    Ok(())
}
