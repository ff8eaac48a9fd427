use std::error::Error;
use actor_runtime::CallError;
type Failure = Box<dyn Error + Send + Sync>;
type CaptchaResult<T> = Result<T, Failure>;
type Solved = Result<String, u8>;
pub struct Captcha;
impl Captcha {
    pub fn solve(&self, image: Vec<u8>) -> CaptchaResult<usize> {
        Ok(image.len())
    }
    pub fn solved(&self) -> Solved {
        Ok(String::new())
    }
    pub fn count(&self) -> usize {
        0
    }
    fn code(_: CallError) -> u8 {
        1
    }
}
/// Commands for a [`Captcha`] actor.
#[non_exhaustive]
pub enum CaptchaCommand {
    /// Sent by [`CaptchaClient::solve`].
    Solve {
        /// The argument `image`.
        image: Vec<u8>,
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<CaptchaResult<usize>>,
    },
    /// Sent by [`CaptchaClient::solved`].
    Solved {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<Solved>,
    },
    /// Sent by [`CaptchaClient::count`].
    Count {
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<usize>,
    },
}
#[automatically_derived]
impl ::actor_runtime::Command for CaptchaCommand {
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "captcha";
    fn name(&self) -> &'static str {
        match *self {
            Self::Solve { .. } => "solve",
            Self::Solved { .. } => "solved",
            Self::Count { .. } => "count",
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for CaptchaCommand {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Captcha`] actor.
#[derive(::core::clone::Clone)]
pub struct CaptchaClient(::actor_runtime::__private::Sender<CaptchaCommand>);
impl CaptchaClient {
    /// Calls `Captcha::solve`.
    pub async fn solve(&self, image: Vec<u8>) -> CaptchaResult<usize> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        ::actor_runtime::__private::flatten_with(
            (&self.0)
                .call(
                    CaptchaCommand::Solve {
                        image,
                        reply,
                    },
                    answer,
                )
                .await,
            Failure::from,
        )
    }
    /// Calls `Captcha::solved`.
    pub async fn solved(&self) -> Solved {
        let (reply, answer) = ::actor_runtime::Reply::new();
        ::actor_runtime::__private::flatten_with(
            (&self.0).call(CaptchaCommand::Solved { reply }, answer).await,
            <Captcha>::code,
        )
    }
    /// Calls `Captcha::count`.
    pub async fn count(
        &self,
    ) -> ::core::result::Result<usize, ::actor_runtime::CallError> {
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0).call(CaptchaCommand::Count { reply }, answer).await
    }
}
#[automatically_derived]
impl ::actor_runtime::Client for CaptchaClient {
    type Command = CaptchaCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for CaptchaClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("CaptchaClient", f)
    }
}
#[automatically_derived]
impl ::actor_runtime::Actor for Captcha {
    type Command = CaptchaCommand;
    type Client = CaptchaClient;
    async fn handle(
        &mut self,
        command: CaptchaCommand,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            CaptchaCommand::Solve { image, reply } => {
                reply.send(Self::solve(self, image))
            }
            CaptchaCommand::Solved { reply } => reply.send(Self::solved(self)),
            CaptchaCommand::Count { reply } => reply.send(Self::count(self)),
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<CaptchaCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> Self {
        loop {
            let ::core::option::Option::Some(command) = inbox.next().await else {
                return self;
            };
            ::actor_runtime::Actor::handle(&mut self, command, context).await;
        }
    }
}
#[automatically_derived]
impl ::actor_runtime::SendActor for Captcha
where
    for<'assumed> CaptchaCommand: ::core::marker::Send,
{
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<CaptchaCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::is_send::<CaptchaResult<usize>>();
        ::actor_runtime::__private::is_send::<Solved>();
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
}
fn main() {}
