//! The rules that concern more than one method. A broken rule is reported here, and `fallback` takes out or renames
//! the items in conflict.

use std::collections::HashMap;

use syn::Ident;
use syn::ext::IdentExt as _;

use crate::diagnostics::{Errors, or_skip};
use crate::model::{Actor, Asyncness, Attributes, Hook, Locality, MethodKind, Twin, twin_name};

/// An item that cannot be generated as it is, by its position in the actor's lists.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Conflict {
    /// The name of the enum is taken.
    EnumName,
    /// The name of the client is taken.
    ClientName,
    /// The variant of a command is taken.
    Variant(usize),
    /// The command has the name of an earlier command.
    Command(usize),
    /// The watch has the name of a command or of an earlier watch.
    Watch(usize),
    /// The name of a command's second client method is taken.
    Twin(usize, Twin),
    /// The name of the method that follows a watch is taken.
    Follower(usize),
    /// The name of the method that subscribes to events is taken.
    Subscribe,
    /// A loop of the user stands in place of the one that serves the sources.
    Sources,
}

/// Reports broken rules, except those that rustc reports. Conflicts among commands have the order of the commands,
/// and conflicts among watches the order of the watches. Conflicts that rely on a command or a watch come after the
/// conflicts that remove one.
pub(crate) fn validate(actor: &Actor, errors: &mut Errors) -> Vec<Conflict> {
    let mut conflicts = check_item_names(actor, errors);
    conflicts.extend(check_commands(actor, errors));
    conflicts.extend(check_watches(actor));
    let generated = check_generated_methods(actor, &conflicts, errors);
    conflicts.extend(generated);
    check_in_place(actor, errors);
    conflicts.extend(check_own_loops(actor, errors));
    check_hooks(&actor.on_start, "on_start", errors);
    check_hooks(&actor.on_stop, "on_stop", errors);
    check_hooks(&actor.before_each, "before_each", errors);
    check_hooks(&actor.after_each, "after_each", errors);
    conflicts
}

/// Checks that the enum, the client and the actor have different names.
fn check_item_names(actor: &Actor, errors: &mut Errors) -> Vec<Conflict> {
    let mut conflicts = Vec::new();
    for (name, conflict) in [
        (&actor.command, Conflict::EnumName),
        (&actor.client, Conflict::ClientName),
    ] {
        if *name == actor.name {
            errors.report(name, format!("`{name}` is the actor; write another name"));
            conflicts.push(conflict);
        }
    }
    if conflicts.is_empty() && actor.command == actor.client {
        errors.report(
            &actor.client,
            "the client needs a name of its own; write another",
        );
        conflicts.extend([Conflict::EnumName, Conflict::ClientName]);
    }
    conflicts
}

/// Checks that two methods share a variant only if they are alternatives under `cfg`.
fn check_commands(actor: &Actor, errors: &mut Errors) -> Vec<Conflict> {
    let mut conflicts = Vec::new();
    let mut first_of_variant = HashMap::new();
    for (position, command) in actor.commands.iter().enumerate() {
        let variant = command.variant.to_string();
        let Some(first) = first_of_variant.get(&variant) else {
            first_of_variant.insert(variant, command);
            continue;
        };
        if first.method != command.method {
            let message = format!(
                "`{}` is the variant `{variant}` already; rename one",
                first.method
            );
            errors.report(&command.method, or_skip(&message));
            conflicts.push(Conflict::Variant(position));
        } else if !command.attributes.may_exclude(&first.attributes) {
            // rustc reports the second definition of the method.
            conflicts.push(Conflict::Command(position));
        }
    }
    conflicts
}

/// Checks that two methods share a name only if they are alternatives under `cfg`. rustc reports all others.
fn check_watches(actor: &Actor) -> Vec<Conflict> {
    let commands = actor.commands.iter();
    let mut methods: HashMap<String, &Attributes> = commands
        .map(|command| (command.method.to_string(), &command.attributes))
        .collect();
    let mut conflicts = Vec::new();
    for (position, watch) in actor.watches.iter().enumerate() {
        let earlier = methods.insert(watch.method.to_string(), &watch.attributes);
        if earlier.is_some_and(|earlier| !watch.attributes.may_exclude(earlier)) {
            conflicts.push(Conflict::Watch(position));
        }
    }
    conflicts
}

/// Checks that no method that the client has in addition to the user's has the name of a user's method.
fn check_generated_methods(
    actor: &Actor,
    known: &[Conflict],
    errors: &mut Errors,
) -> Vec<Conflict> {
    let methods = client_methods(actor, known);
    let mut conflicts = Vec::new();
    for generated in generated_methods(actor, known) {
        let GeneratedMethod { name, origin, .. } = &generated;
        let Some(rival) = methods.get(&name.to_string()) else {
            continue;
        };
        let may_exclude = |attributes| rival.attributes.may_exclude(attributes);
        if generated.attributes.is_some_and(may_exclude) {
            continue;
        }
        let message = format!("`{name}` is generated by `{origin}`; rename the method");
        let message = match rival.kind {
            MethodKind::Command => or_skip(&message),
            MethodKind::Watch => message,
        };
        errors.report(rival.name, message);
        conflicts.push(generated.conflict);
    }
    conflicts
}

fn generated_methods<'a>(actor: &'a Actor, known: &[Conflict]) -> Vec<GeneratedMethod<'a>> {
    let mut generated = Vec::new();
    for (position, command) in remaining(&actor.commands, known, Conflict::Command) {
        generated.extend(command.twins.iter().map(|&twin| GeneratedMethod {
            name: twin_name(twin, &command.method),
            attributes: Some(&command.attributes),
            origin: match (twin, actor.twins.contains(&twin)) {
                (Twin::Try, true) => "#[actor(try)]",
                (Twin::Try, false) => "#[command(try)]",
                (Twin::Blocking, true) => "#[actor(blocking)]",
                (Twin::Blocking, false) => "#[command(blocking)]",
            },
            conflict: Conflict::Twin(position, twin),
        }));
    }
    for (position, watch) in remaining(&actor.watches, known, Conflict::Watch) {
        generated.extend(watch.follower.as_ref().map(|name| GeneratedMethod {
            name: name.clone(),
            attributes: Some(&watch.attributes),
            origin: "#[watch]",
            conflict: Conflict::Follower(position),
        }));
    }
    let subscribe = actor
        .event
        .iter()
        .filter_map(|event| event.subscribe.as_ref());
    generated.extend(subscribe.map(|name| GeneratedMethod {
        name: name.clone(),
        attributes: None,
        origin: "event = ..",
        conflict: Conflict::Subscribe,
    }));
    generated
}

/// Returns the user's methods that the client has, by their names.
fn client_methods<'a>(actor: &'a Actor, known: &[Conflict]) -> HashMap<String, ClientMethod<'a>> {
    let commands = remaining(&actor.commands, known, Conflict::Command);
    let commands = commands.map(|(_, command)| ClientMethod {
        name: &command.method,
        attributes: &command.attributes,
        kind: MethodKind::Command,
    });
    let refused = actor.refused.iter().map(|refused| ClientMethod {
        name: &refused.method,
        attributes: &refused.attributes,
        kind: refused.kind,
    });
    let watches = remaining(&actor.watches, known, Conflict::Watch);
    let watches = watches.map(|(_, watch)| ClientMethod {
        name: &watch.method,
        attributes: &watch.attributes,
        kind: MethodKind::Watch,
    });
    let methods = commands.chain(refused).chain(watches);
    methods
        .map(|method| (method.name.unraw().to_string(), method))
        .collect()
}

/// Returns the items that are not in `conflict`, with their positions.
fn remaining<'a, T>(
    items: &'a [T],
    known: &[Conflict],
    conflict: fn(usize) -> Conflict,
) -> impl Iterator<Item = (usize, &'a T)> {
    let items = items.iter().enumerate();
    items.filter(move |(position, _)| !known.contains(&conflict(*position)))
}

/// Checks that the state of an actor whose calls run in place can be lent.
fn check_in_place(actor: &Actor, errors: &mut Errors) {
    let reason = if actor.locality == Locality::Local {
        "a `local` actor stays on its thread"
    } else if !actor.sources.is_empty() {
        "an actor with sources keeps its state"
    } else if !actor.own_loops.is_empty() {
        "a loop of its own keeps the state"
    } else if actor
        .around_each()
        .any(|hook| hook.call.asyncness == Asyncness::Async)
    {
        "an async method around each command keeps the state"
    } else {
        return;
    };
    let commands = actor.commands.iter();
    let words = commands.filter_map(|command| command.in_place.as_ref());
    for word in actor.in_place.iter().chain(words) {
        errors.report(word, format!("{reason}; remove `{word}`"));
    }
}

/// Checks that a block has at most one loop of the user, and then no sources.
fn check_own_loops(actor: &Actor, errors: &mut Errors) -> Option<Conflict> {
    let (first, others) = actor.own_loops.split_first()?;
    for other in others {
        errors.report(&other.method, "a second `run`; join the two");
    }
    for source in &actor.sources {
        let message = format!("no loop serves this; wait for it in `{}`", first.method);
        errors.report(&source.call.method, message);
    }
    (!actor.sources.is_empty()).then_some(Conflict::Sources)
}

/// Checks that a block has at most one hook of a kind.
fn check_hooks(hooks: &[Hook], word: &str, errors: &mut Errors) {
    let Some((first, others)) = hooks.split_first() else {
        return;
    };
    for other in others {
        if !first.attributes.may_exclude(&other.attributes) {
            errors.report(
                &other.call.method,
                format!("a second `{word}`; join the two"),
            );
        }
    }
}

/// A method that the user gave the client.
#[derive(Clone, Copy)]
struct ClientMethod<'a> {
    name: &'a Ident,
    attributes: &'a Attributes,
    kind: MethodKind,
}

/// A method that the client has in addition to the user's.
struct GeneratedMethod<'a> {
    name: Ident,
    /// The attributes of the user's method for which this one is generated, if there is one.
    attributes: Option<&'a Attributes>,
    /// The option or attribute that adds this method.
    origin: &'static str,
    conflict: Conflict,
}
