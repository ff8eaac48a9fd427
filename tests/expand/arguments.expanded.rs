use std::path::{Path, PathBuf};
#[derive(Clone)]
pub struct Limits {
    pub lines: usize,
}
#[derive(Default)]
pub struct Notes {
    lines: Vec<String>,
    file: PathBuf,
}
impl Notes {
    pub fn add(&mut self, line: &str) {
        self.lines.push(line.to_owned());
    }
    pub fn add_all(&mut self, lines: &[String]) {
        self.lines.extend_from_slice(lines);
    }
    pub fn move_to(&mut self, file: &Path) {
        file.clone_into(&mut self.file);
    }
    pub fn limit(&mut self, limits: &Limits) {
        self.lines.truncate(limits.lines);
    }
    pub fn find(&self, prefix: Option<&str>, limits: Option<&Limits>) -> Vec<String> {
        let limit = limits.map_or(usize::MAX, |limits| limits.lines);
        let prefix = prefix.unwrap_or_default();
        let found = self.lines.iter().filter(|line| line.starts_with(prefix));
        found.take(limit).cloned().collect()
    }
    pub fn push(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }
    pub fn copy_to(&mut self, file: impl AsRef<Path>) {
        file.as_ref().clone_into(&mut self.file);
    }
    pub fn extend(&mut self, lines: impl IntoIterator<Item = String>) {
        self.lines.extend(lines);
    }
    pub fn swap(&mut self, (first, second): (usize, usize)) {
        self.lines.swap(first, second);
    }
    pub fn remove(&mut self, mut line: usize, _: &str) {
        line -= 1;
        self.lines.remove(line);
    }
    pub fn sort(&mut self, r#type: &'static str, by: fn(&String) -> usize) {
        if r#type == "lines" {
            self.lines.sort_by_key(by);
        }
    }
}
/// Commands for a [`Notes`] actor.
#[non_exhaustive]
pub enum NotesCommand {
    /// Sent by [`NotesClient::add`].
    Add {
        /// The argument `line`.
        line: ::std::string::String,
    },
    /// Sent by [`NotesClient::add_all`].
    AddAll {
        /// The argument `lines`.
        lines: ::std::vec::Vec<String>,
    },
    /// Sent by [`NotesClient::move_to`].
    MoveTo {
        /// The argument `file`.
        file: ::std::path::PathBuf,
    },
    /// Sent by [`NotesClient::limit`].
    Limit {
        /// The argument `limits`.
        limits: Limits,
    },
    /// Sent by [`NotesClient::find`].
    Find {
        /// The argument `prefix`.
        prefix: ::core::option::Option<::std::string::String>,
        /// The argument `limits`.
        limits: ::core::option::Option<Limits>,
        /// Sends the answer to the caller.
        reply: ::actor_runtime::Reply<Vec<String>>,
    },
    /// Sent by [`NotesClient::push`].
    Push {
        /// The argument `line`.
        line: String,
    },
    /// Sent by [`NotesClient::copy_to`].
    CopyTo {
        /// The argument `file`.
        file: ::std::path::PathBuf,
    },
    /// Sent by [`NotesClient::extend`].
    Extend {
        /// The argument `lines`.
        lines: ::std::vec::Vec<String>,
    },
    /// Sent by [`NotesClient::swap`].
    Swap {
        /// The argument `argument_1`.
        argument_1: (usize, usize),
    },
    /// Sent by [`NotesClient::remove`].
    Remove {
        /// The argument `line`.
        line: usize,
        /// The argument `argument_2`.
        argument_2: ::std::string::String,
    },
    /// Sent by [`NotesClient::sort`].
    Sort {
        /// The argument `type`.
        r#type: &'static str,
        /// The argument `by`.
        by: fn(&String) -> usize,
    },
}
#[automatically_derived]
impl ::actor_runtime::Command for NotesCommand {
    type Events = ();
    type Latest = ();
    const ACTOR: &'static str = "notes";
    fn name(&self) -> &'static str {
        match *self {
            Self::Add { .. } => "add",
            Self::AddAll { .. } => "add_all",
            Self::MoveTo { .. } => "move_to",
            Self::Limit { .. } => "limit",
            Self::Find { .. } => "find",
            Self::Push { .. } => "push",
            Self::CopyTo { .. } => "copy_to",
            Self::Extend { .. } => "extend",
            Self::Swap { .. } => "swap",
            Self::Remove { .. } => "remove",
            Self::Sort { .. } => "sort",
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for NotesCommand {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.write_str(::actor_runtime::Command::name(self))
    }
}
/// A client of a [`Notes`] actor.
#[derive(::core::clone::Clone)]
pub struct NotesClient(::actor_runtime::__private::Sender<NotesCommand>);
impl NotesClient {
    /// Calls `Notes::add`.
    pub async fn add(
        &self,
        line: &str,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        let line = ::std::borrow::ToOwned::to_owned(line);
        (&self.0).cast(NotesCommand::Add { line }).await
    }
    /// Calls `Notes::add_all`.
    pub async fn add_all(
        &self,
        lines: &[String],
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        let lines = ::std::borrow::ToOwned::to_owned(lines);
        (&self.0).cast(NotesCommand::AddAll { lines }).await
    }
    /// Calls `Notes::move_to`.
    pub async fn move_to(
        &self,
        file: &Path,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        let file = ::std::borrow::ToOwned::to_owned(file);
        (&self.0).cast(NotesCommand::MoveTo { file }).await
    }
    /// Calls `Notes::limit`.
    pub async fn limit(
        &self,
        limits: &Limits,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        let limits = ::core::clone::Clone::clone(limits);
        (&self.0).cast(NotesCommand::Limit { limits }).await
    }
    /// Calls `Notes::find`.
    pub async fn find(
        &self,
        prefix: Option<&str>,
        limits: Option<&Limits>,
    ) -> ::core::result::Result<Vec<String>, ::actor_runtime::CallError> {
        let prefix = prefix.map(::std::borrow::ToOwned::to_owned);
        let limits = limits.cloned();
        let (reply, answer) = ::actor_runtime::Reply::new();
        (&self.0)
            .call(
                NotesCommand::Find {
                    prefix,
                    limits,
                    reply,
                },
                answer,
            )
            .await
    }
    /// Calls `Notes::push`.
    pub async fn push(
        &self,
        line: impl Into<String>,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        let line: String = ::core::convert::Into::into(line);
        (&self.0).cast(NotesCommand::Push { line }).await
    }
    /// Calls `Notes::copy_to`.
    pub async fn copy_to(
        &self,
        file: impl AsRef<Path>,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        let file: ::std::path::PathBuf = ::std::borrow::ToOwned::to_owned(
            ::core::convert::AsRef::as_ref(&file),
        );
        (&self.0).cast(NotesCommand::CopyTo { file }).await
    }
    /// Calls `Notes::extend`.
    pub async fn extend(
        &self,
        lines: impl IntoIterator<Item = String>,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        let lines: ::std::vec::Vec<String> = ::core::iter::FromIterator::from_iter(
            lines,
        );
        (&self.0).cast(NotesCommand::Extend { lines }).await
    }
    /// Calls `Notes::swap`.
    pub async fn swap(
        &self,
        argument_1: (usize, usize),
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(NotesCommand::Swap { argument_1 }).await
    }
    /// Calls `Notes::remove`.
    pub async fn remove(
        &self,
        line: usize,
        argument_2: &str,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        let argument_2 = ::std::borrow::ToOwned::to_owned(argument_2);
        (&self.0)
            .cast(NotesCommand::Remove {
                line,
                argument_2,
            })
            .await
    }
    /// Calls `Notes::sort`.
    pub async fn sort(
        &self,
        r#type: &'static str,
        by: fn(&String) -> usize,
    ) -> ::core::result::Result<(), ::actor_runtime::CallError> {
        (&self.0).cast(NotesCommand::Sort { r#type, by }).await
    }
}
#[automatically_derived]
impl ::actor_runtime::Client for NotesClient {
    type Command = NotesCommand;
    fn from_sender(sender: ::actor_runtime::__private::Sender<Self::Command>) -> Self {
        Self(sender)
    }
    fn as_sender(&self) -> &::actor_runtime::__private::Sender<Self::Command> {
        &self.0
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for NotesClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        (&self.0).describe("NotesClient", f)
    }
}
#[automatically_derived]
impl ::actor_runtime::Actor for Notes {
    type Command = NotesCommand;
    type Client = NotesClient;
    async fn handle(
        &mut self,
        command: NotesCommand,
        _context: &mut ::actor_runtime::Context<Self>,
    ) {
        match command {
            NotesCommand::Add { line } => Self::add(self, &line),
            NotesCommand::AddAll { lines } => Self::add_all(self, &lines),
            NotesCommand::MoveTo { file } => Self::move_to(self, &file),
            NotesCommand::Limit { limits } => Self::limit(self, &limits),
            NotesCommand::Find { prefix, limits, reply } => {
                reply
                    .send(
                        Self::find(
                            self,
                            ::core::option::Option::as_deref(&prefix),
                            ::core::option::Option::as_ref(&limits),
                        ),
                    )
            }
            NotesCommand::Push { line } => Self::push(self, line),
            NotesCommand::CopyTo { file } => Self::copy_to(self, file),
            NotesCommand::Extend { lines } => Self::extend(self, lines),
            NotesCommand::Swap { argument_1 } => Self::swap(self, argument_1),
            NotesCommand::Remove { line, argument_2 } => {
                Self::remove(self, line, &argument_2)
            }
            NotesCommand::Sort { r#type, by } => Self::sort(self, r#type, by),
        }
    }
    async fn run(
        mut self,
        inbox: &mut ::actor_runtime::Inbox<NotesCommand>,
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
impl ::actor_runtime::SendActor for Notes
where
    for<'assumed> NotesCommand: ::core::marker::Send,
{
    fn run_send(
        self,
        inbox: &mut ::actor_runtime::Inbox<NotesCommand>,
        context: &mut ::actor_runtime::Context<Self>,
    ) -> impl ::core::future::Future<Output = Self> + ::core::marker::Send {
        ::actor_runtime::__private::is_send::<Limits>();
        ::actor_runtime::__private::given::<Self>()
            .assert_loop(::actor_runtime::Actor::run(self, inbox, context))
    }
}
fn main() {}
