//! The methods that are not commands: hooks, loops, sources of the loop and published values.

use syn::{Expr, Ident, Pat, Type, Visibility, WherePredicate};

use super::attributes::Attributes;
use super::vocabulary::{Asyncness, ContextArgument, NamedType, Receiver};

/// A method that is called by the loop and not by a client.
pub(crate) struct LoopMethod {
    pub(crate) method: Ident,
    pub(crate) receiver: Receiver,
    /// The user's `self`.
    pub(crate) self_ident: Ident,
    pub(crate) asyncness: Asyncness,
    /// The predicates of the method's own `where`.
    pub(crate) conditions: Vec<WherePredicate>,
    /// The parameters in the order of the method.
    pub(crate) parameters: Vec<LoopParameter>,
    /// The method's return type, if it returns something.
    pub(crate) result: Option<Type>,
}

pub(crate) enum LoopParameter {
    /// The value for which the method is called, with the type under which the method takes it.
    Output(Attributes, Box<Type>),
    /// A part of that value, under the name that the pattern of the source gives it.
    Part(Attributes, Ident, Box<Type>),
    Context(ContextArgument),
}

/// A method that the loop calls at the start, at the end, or around each command.
pub(crate) struct Hook {
    pub(crate) attributes: Attributes,
    pub(crate) call: LoopMethod,
}

/// A loop of the user, in place of the generated one.
pub(crate) struct OwnLoop {
    pub(crate) method: Ident,
    /// The predicates of the method's own `where`.
    pub(crate) conditions: Vec<WherePredicate>,
    /// The arguments in the order of the method.
    pub(crate) arguments: Vec<LoopArgument>,
}

pub(crate) enum LoopArgument {
    /// The inbox, with the type under which the loop takes it.
    Inbox(Attributes, Box<Type>),
    Context(ContextArgument),
}

/// A method that the loop calls whenever a value arrives, with the origin of the values.
pub(crate) struct Source {
    pub(crate) attributes: Attributes,
    pub(crate) call: LoopMethod,
    pub(crate) variant: Ident,
    /// The type parameter that stands for the source's output.
    pub(crate) output_type: Ident,
    /// The constant that holds the source's number.
    pub(crate) number: Ident,
    /// The loop's name for the stream, timer or future.
    pub(crate) local: Ident,
    pub(crate) kind: SourceKind,
    /// The outputs for which the method is called, if it is not called for all of them.
    pub(crate) pattern: Option<OutputPattern>,
}

/// The pattern of a source's outputs.
pub(crate) struct OutputPattern {
    pub(crate) pattern: Pat,
    /// The loop's name for the count of outputs that did not match.
    pub(crate) misses: Ident,
}

pub(crate) enum SourceKind {
    Every {
        period: Expr,
        first: FirstTick,
    },
    Stream(Expr),
    /// A deadline, evaluated each turn.
    At(Expr),
    On(Expr),
    /// A future made while the condition holds; the local has the value of the condition.
    OnIf {
        future: Expr,
        condition: Expr,
        local: Ident,
    },
}

/// The time of an interval's first tick.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum FirstTick {
    AfterOnePeriod,
    AtOnce,
}

/// A method whose value the client reads without the mailbox.
pub(crate) struct Watch {
    pub(crate) attributes: Attributes,
    pub(crate) visibility: Visibility,
    pub(crate) method: Ident,
    /// The client's method that follows the value, unless a method of the user has its name.
    pub(crate) follower: Option<Ident>,
    /// The predicates of the method's own `where`.
    pub(crate) conditions: Vec<WherePredicate>,
    pub(crate) ty: NamedType,
    /// The value before there is a state.
    pub(crate) initial: Option<Expr>,
}

impl LoopMethod {
    pub(crate) fn takes_output(&self) -> bool {
        let mut parameters = self.parameters.iter();
        parameters.any(|parameter| !matches!(parameter, LoopParameter::Context(_)))
    }

    /// Returns whether code that calls the method before or after a command needs the context.
    pub(crate) fn uses_context(&self) -> bool {
        let mut parameters = self.parameters.iter();
        self.result.is_some()
            || parameters.any(|parameter| matches!(parameter, LoopParameter::Context(_)))
    }

    /// Returns the names that the pattern of the source has to bind, in the order of the method.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &Ident> {
        self.parameters
            .iter()
            .filter_map(|parameter| match parameter {
                LoopParameter::Part(_, name, _) => Some(name),
                LoopParameter::Output(..) | LoopParameter::Context(_) => None,
            })
    }
}
