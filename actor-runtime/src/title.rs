//! The title of an actor: its name in messages.

use std::fmt;
use std::sync::Arc;

/// The name of an actor's type and, if it has one, of the instance: `cache`, or `cache eu-1`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Title {
    pub(crate) actor: &'static str,
    /// One word, unlike an `Arc<str>`, since each exit has it, too.
    pub(crate) instance: Option<Arc<String>>,
}

#[cfg(any(feature = "metrics", feature = "tracing"))]
impl Title {
    pub(crate) fn instance(&self) -> Option<&str> {
        self.instance.as_ref().map(|instance| instance.as_str())
    }
}

impl fmt::Display for Title {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.actor)?;
        match &self.instance {
            Some(instance) => write!(f, " {instance}"),
            None => Ok(()),
        }
    }
}
