//! Values that can be written as JSON and read again.

use serde_core::Serialize;
use serde_core::de::DeserializeOwned;

use crate::error::{CallError, Detail};
use crate::panics::{caught, discard};

/// A value that can be sent to another process: the argument or the answer of a remote command.
///
/// All types that are `serde::Serialize` and `serde::de::DeserializeOwned`, and `Send`, are portable.
// Without serde's traits as supertraits, of which rustc would report each by itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent to another process",
    label = "`Serialize` or `Deserialize` is missing",
    note = "derive `serde::Serialize` and `serde::Deserialize` for your own types; use a type of yours in place of one that has neither"
)]
pub trait Portable: Sized + Send + 'static {
    /// Writes the value as JSON behind what is there, or returns `false`.
    #[doc(hidden)]
    fn write(&self, json: &mut Vec<u8>) -> bool;

    /// Reads a value from JSON.
    #[doc(hidden)]
    fn read(json: &[u8]) -> Option<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + 'static> Portable for T {
    fn write(&self, json: &mut Vec<u8>) -> bool {
        let mut is_written = false;
        let panic = caught(|| is_written = serde_json::to_writer(json, self).is_ok());
        panic.map(discard).is_none() && is_written
    }

    fn read(json: &[u8]) -> Option<Self> {
        let mut value = None;
        let panic = caught(|| value = serde_json::from_slice(json).ok());
        panic.map(discard).is_none().then_some(value).flatten()
    }
}

/// A part of values that are portable if it is: a parameter `T` of which a command has an `Option<T>` under a `cfg`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent to another process",
    label = "`Serialize` or `Deserialize` is missing"
)]
pub trait PortablePart: Serialize + DeserializeOwned + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + 'static> PortablePart for T {}

/// Returns the error of a command that was not carried.
pub(super) fn unsupported(phrase: String) -> CallError {
    CallError::Unsupported(Detail::new(phrase))
}
