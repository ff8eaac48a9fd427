//! The docs of generated items, made from the docs of the user's methods. An example is run once, where the user
//! wrote it.

use syn::Ident;
use syn::ext::IdentExt as _;

use super::examples::{self, LineKind};
use super::links;
use crate::model::{
    Actor, Attributes, Command, Forwarded, Twin, follower_name, is_as_visible, twin_name,
};

/// The docs of a variant: the first paragraph, and a link to the client's method.
pub(super) fn of_variant(actor: &Actor, command: &Command) -> Vec<Forwarded> {
    let (client, method) = (actor.client.unraw(), command.method.unraw());
    let sender = if is_as_visible(&command.visibility, &actor.visibility) {
        format!(" Sent by [`{client}::{method}`].")
    } else {
        // rustdoc warns about a link to something less visible.
        format!(" Sent by `{client}::{method}`.")
    };
    let mut docs = Docs::of(&command.attributes);
    docs.lines.retain(|line| !line.is_opaque());
    docs.keep_first_paragraph();
    docs.resolve_links(actor, &client.to_string());
    let mut docs = docs.into_attributes();
    if !docs.is_empty() {
        docs.push(Forwarded::doc(""));
    }
    docs.push(Forwarded::doc(&sender));
    docs
}

/// The docs of the client: the block's.
pub(super) fn of_client(actor: &Actor) -> Vec<Forwarded> {
    let default = format!(" A client of a [`{}`] actor.", actor.name);
    on_client(actor, &actor.attributes, &default)
}

/// The docs of the client's method for a command.
pub(super) fn of_command(actor: &Actor, method: &Ident, attributes: &Attributes) -> Vec<Forwarded> {
    let default = format!(" Calls `{}::{}`.", actor.name, method.unraw());
    on_client(actor, attributes, &default)
}

/// The docs of the client's method for a latest value.
pub(super) fn of_watch(actor: &Actor, method: &Ident, attributes: &Attributes) -> Vec<Forwarded> {
    let (actor_name, method) = (&actor.name, method.unraw());
    let default = format!(" Returns the value that `{actor_name}::{method}` returned last.");
    on_client(actor, attributes, &default)
}

/// The user's docs, without examples, for the client or a method of it. `default` comes first if there may be no
/// others.
fn on_client(actor: &Actor, attributes: &Attributes, default: &str) -> Vec<Forwarded> {
    let mut docs = Docs::of(attributes);
    if docs.lines.is_empty() {
        return vec![Forwarded::doc(default)];
    }
    docs.remove_examples();
    docs.resolve_links(actor, "Self");
    let is_sure = |line: &Line<'_>| line.attribute.condition.is_none() && !line.is_blank();
    let default = (!docs.lines.iter().any(is_sure)).then(|| Forwarded::doc(default));
    default.into_iter().chain(docs.into_attributes()).collect()
}

/// The docs of a second client method: its difference, and a link to the first.
pub(super) fn of_twin(command: &Command, twin: Twin) -> Vec<Forwarded> {
    let method = command.method.unraw();
    let remark = match twin {
        Twin::Try if command.reply.is_one_answer() => {
            "returns a future of the answer once the call is sent, and fails with `CallError::Full` instead of waiting for room in the mailbox"
        }
        Twin::Try => "fails with `CallError::Full` instead of waiting for room in the mailbox",
        Twin::Blocking => {
            "waits by blocking the thread, and fails with `CallError::Blocking` inside an async task"
        }
    };
    let doc = format!(" Like [`{method}`](Self::{method}), but {remark}.");
    vec![Forwarded::doc(&doc)]
}

/// Returns whether the client has a method called `name`.
fn is_client_method(actor: &Actor, name: &str) -> bool {
    let is_named = |method: &Ident| method.unraw() == name;
    let mut commands = actor.commands.iter();
    let mut watches = actor.watches.iter();
    let mut refused = actor.refused.iter();
    let mut event = actor.event.iter();
    commands.any(|command| {
        let mut twins = command.twins.iter();
        is_named(&command.method) || twins.any(|&twin| is_named(&twin_name(twin, &command.method)))
    }) || watches.any(|watch| is_named(&watch.method) || is_named(&follower_name(&watch.method)))
        || refused.any(|refused| is_named(&refused.method))
        || event.any(|event| event.subscribe.as_ref().is_some_and(is_named))
}

/// The docs of one item, line by line.
struct Docs<'a> {
    lines: Vec<Line<'a>>,
}

struct Line<'a> {
    attribute: &'a Forwarded,
    /// `None` if a macro makes the text, as in `include_str!(..)`.
    text: Option<String>,
    kind: LineKind,
}

impl Line<'_> {
    fn is_opaque(&self) -> bool {
        self.text.is_none()
    }

    /// Returns whether the line is empty. An empty line in code separates no paragraphs.
    fn is_blank(&self) -> bool {
        let text = self.text.as_deref();
        self.kind == LineKind::Text && text.is_some_and(|text| text.trim().is_empty())
    }

    fn is_definition(&self) -> bool {
        let text = self.text.as_deref();
        self.kind == LineKind::Text && text.is_some_and(links::is_definition)
    }
}

impl<'a> Docs<'a> {
    fn of(attributes: &'a Attributes) -> Self {
        let lines = attributes.docs().flat_map(|attribute| {
            let lines: Vec<Option<String>> = match &attribute.text {
                Some(text) => text.split('\n').map(|line| Some(line.to_owned())).collect(),
                None => vec![None],
            };
            lines.into_iter().map(move |text| (attribute, text))
        });
        let lines: Vec<_> = lines.collect();
        let texts = lines.iter().map(|(_, text)| text.as_deref());
        let texts: Vec<&str> = texts.map(Option::unwrap_or_default).collect();
        let kinds = examples::kinds(&texts);
        let lines = lines.into_iter().zip(kinds);
        let lines = lines.map(|((attribute, text), kind)| Line {
            attribute,
            text,
            kind,
        });
        Self {
            lines: lines.collect(),
        }
    }

    fn remove_examples(&mut self) {
        self.lines.retain(|line| line.kind != LineKind::Example);
        self.lines
            .dedup_by(|line, before| line.is_blank() && before.is_blank());
        while self.lines.last().is_some_and(Line::is_blank) {
            self.lines.pop();
        }
    }

    /// Keeps the first paragraph and every link definition.
    fn keep_first_paragraph(&mut self) {
        self.remove_examples();
        let mut is_first = true;
        let mut has_begun = false;
        self.lines.retain(|line| {
            let is_blank = line.is_blank();
            is_first &= !(is_blank && has_begun);
            has_begun |= !is_blank;
            (is_first && !is_blank) || line.is_definition()
        });
    }

    /// Replaces the `Self` of links by `client` where the client has the item, and otherwise by the actor.
    fn resolve_links(&mut self, actor: &Actor, client: &str) {
        let owner = |name: &str| {
            if is_client_method(actor, name) {
                client.to_owned()
            } else {
                actor.name.to_string()
            }
        };
        let lines = self.lines.iter_mut();
        for line in lines.filter(|line| line.kind == LineKind::Text) {
            line.text = line.text.take().map(|text| links::resolved(&text, &owner));
        }
    }

    fn into_attributes(self) -> Vec<Forwarded> {
        let mut attributes = Vec::new();
        let mut was_definition = true;
        for line in self.lines {
            let Some(text) = &line.text else {
                attributes.push(line.attribute.clone());
                continue;
            };
            // A definition cannot follow text.
            let is_definition = line.is_definition();
            if is_definition && !was_definition {
                attributes.push(Forwarded::doc(""));
            }
            was_definition = is_definition || line.is_blank();
            attributes.push(line.attribute.with_text(text));
        }
        attributes
    }
}
