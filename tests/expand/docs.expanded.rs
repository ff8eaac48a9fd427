pub struct Counter(u32);
/// Counts. See [`Self::add`], and [`Self::new`] for a start.
///
/// ```
/// assert!(Counter::new(0).is_zero());
/// ```
impl Counter {
    //! Never waits.
    /// Starts at `start`. See [`Self::add`].
    pub fn new(start: u32) -> Self {
        Self(start)
    }
    /// Adds `n` to the number of [`Self::new`],
    /// as [`Self::reset`] and [the watch](Self::value) show.
    ///
    /// Nothing is lost. [`Self`] wraps around, see [wrapping].
    ///
    /// ```text
    /// Self[1 + 1] = [Self::new]
    /// ```
    ///
    /// # Examples
    ///
    /// ```
    /// let mut counter = Counter::new(1);
    /// counter.add(1);
    /// ```
    ///
    /// # Errors
    ///
    /// None.
    ///
    /// [wrapping]: Self::new
    pub fn add(&mut self, n: u32) {
        self.0 = self.wrapping(n);
    }
    /** Starts again.

    ```
    Counter::new(1).reset();
    ``` */
    pub fn reset(&mut self) {
        self.0 = 0;
    }
    #[doc = concat!(" Prints", " the number.")]
    pub(crate) fn print(&self) {
        println!("{}", self.0);
    }
    /// The number. [`Self::new`] sets it.
    ///
    /// ```
    /// assert_eq!(Counter::new(1).value(), 1);
    /// ```
    pub fn value(&self) -> u32 {
        self.0
    }
    /// ```
    /// assert!(Counter::new(0).is_zero());
    /// ```
    pub fn is_zero(&self) -> bool {
        self.0 == 0
    }
    fn wrapping(&self, n: u32) -> u32 {
        self.0.wrapping_add(n)
    }
}
/// Commands for a [`Counter`] actor.
#[non_exhaustive]
pub enum CounterCommand {
    /// Adds `n` to the number of [`Self::new`](Counter::new),
    /// as [`Self::reset`](CounterClient::reset) and [the watch](CounterClient::value) show.
    ///
    /// [wrapping]: Counter::new
    ///
    /// Sent by [`CounterClient::add`].
    Add {
        /// The argument `n`.
        n: u32,
    },
    /// Starts again.
    ///
    /// Sent by [`CounterClient::reset`].
    Reset {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<()>,
    },
    #[doc(hidden)]
    /// Sent by `CounterClient::print`.
    Print,
    /// Sent by [`CounterClient::is_zero`].
    IsZero {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<bool>,
    },
}
const _: () = {
    /// The latest values of a [`Counter`] actor.
    pub struct Latest {
        /// The value that `value` returned last.
        pub value: ::actor_runtime::Latest<u32>,
    }
    #[automatically_derived]
    impl ::actor_runtime::__private::Published for Latest {
        fn open(_: usize) -> Self {
            Self {
                value: ::actor_runtime::Latest::new(),
            }
        }
        fn close(&self) {
            ::actor_runtime::__private::Published::close(&self.value);
        }
    }
    #[automatically_derived]
    impl ::actor_runtime::Command for CounterCommand {
        type Events = ();
        type Latest = Latest;
        const ACTOR: &'static str = "counter";
        fn name(&self) -> &'static str {
            match *self {
                Self::Add { .. } => "add",
                Self::Reset { .. } => "reset",
                Self::Print { .. } => "print",
                Self::IsZero { .. } => "is_zero",
            }
        }
    }
};
#[automatically_derived]
impl ::core::fmt::Debug for CounterCommand {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// Counts. See [`Self::add`], and [`Self::new`](Counter::new) for a start.
///
/// Never waits.
#[derive(::core::clone::Clone)]
pub struct CounterClient(::actor_runtime::__private::Sender<CounterCommand>);
impl CounterClient {
    /// Adds `n` to the number of [`Self::new`](Counter::new),
    /// as [`Self::reset`] and [the watch](Self::value) show.
    ///
    /// Nothing is lost. [`Self`](Counter) wraps around, see [wrapping].
    ///
    /// ```text
    /// Self[1 + 1] = [Self::new]
    /// ```
    ///
    /// # Errors
    ///
    /// None.
    ///
    /// [wrapping]: Counter::new
    pub async fn add(
        &self,
        n: u32,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(CounterCommand::Add { n }).await
    }
    /// Like [`add`](Self::add), but fails with `CallError::Full` instead of waiting for room in the mailbox.
    pub fn try_add(
        &self,
        n: u32,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(CounterCommand::Add { n }).if_room()
    }
    /// Starts again.
    pub async fn reset(&self) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(CounterCommand::Reset { reply }, answer).await
    }
    /// Like [`reset`](Self::reset), but waits by blocking the thread, and fails with `CallError::Blocking` inside an async task.
    pub fn blocking_reset(
        &self,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(CounterCommand::Reset { reply }, answer).blocking()
    }
    #[doc = concat!(" Prints", " the number.")]
    pub(crate) async fn print(
        &self,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(CounterCommand::Print).await
    }
    /// Calls `Counter::is_zero`.
    pub async fn is_zero(
        &self,
    ) -> ::core::result::Result<bool, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(CounterCommand::IsZero { reply }, answer).await
    }
    /// The number. [`Self::new`](Counter::new) sets it.
    #[track_caller]
    pub fn value(&self) -> u32 {
        ::actor_runtime::Latest::get(&(&self.0).latest().value)
    }
    /// Follows [`value`](Self::value): yields its present value, then each change.
    pub fn watch_value(&self) -> ::actor_runtime::Watch<u32> {
        ::actor_runtime::Latest::watch(&(&self.0).latest().value)
    }
}
#[automatically_derived]
impl ::actor_runtime::Client for CounterClient {
    type Command = CounterCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for CounterClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("CounterClient", f)
    }
}
#[automatically_derived]
impl ::actor_runtime::Actor for Counter {
    type Command = CounterCommand;
    type Client = CounterClient;
    async fn handle(
        &mut self,
        command: CounterCommand,
        context: &mut ::actor_runtime::Context<Self>,
    ) {
        let held: ::actor_runtime::__private::Held = match command {
            CounterCommand::Add { n } => {
                Self::add(self, n);
                ::actor_runtime::__private::Held::nothing()
            }
            CounterCommand::Reset { reply } => reply.hold(Self::reset(self)),
            CounterCommand::Print => return Self::print(self),
            CounterCommand::IsZero { reply } => return reply.send(Self::is_zero(self)),
        };
        ::actor_runtime::Actor::publish(self, context);
        held.send();
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<CounterCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> Self {
        loop {
            let ::core::option::Option::Some(command) = inbox.next().await else {
                return self;
            };
            ::actor_runtime::Actor::handle(&mut self, command, context).await;
        }
    }
    fn publish(&self, context: &::actor_runtime::Context<Self>) {
        let latest = context.latest();
        ::actor_runtime::Latest::publish(&latest.value, Self::value(self));
    }
}
#[automatically_derived]
impl ::actor_runtime::SendActor for Counter {
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<CounterCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
}
fn main() {}
