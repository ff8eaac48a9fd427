//! The mistakes of a block, collected so that all of them are reported at once.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Error, Result};

#[derive(Default)]
pub(crate) struct Errors {
    all: Option<Error>,
}

/// A mistake that is not reported yet, because its remedy depends on the kind of method.
pub(crate) struct Mistake<'a, T> {
    pub(crate) culprit: &'a T,
    pub(crate) message: String,
}

impl<T: ToTokens> Mistake<'_, T> {
    pub(crate) fn into_error(self) -> Error {
        Error::new_spanned(self.culprit, self.message)
    }

    /// Adds the remedy for methods that need not be commands.
    pub(crate) fn or_skip(self) -> Self {
        let message = or_skip(&self.message);
        Self { message, ..self }
    }
}

impl Errors {
    /// Reports a mistake on `culprit`, the smallest thing to change.
    pub(crate) fn report(&mut self, culprit: impl ToTokens, message: impl std::fmt::Display) {
        self.push(Error::new_spanned(culprit, message));
    }

    pub(crate) fn push(&mut self, error: Error) {
        match &mut self.all {
            Some(all) => all.combine(error),
            None => self.all = Some(error),
        }
    }

    /// Returns the value of `result`, or reports its error.
    pub(crate) fn keep<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    pub(crate) fn append(&mut self, errors: Self) {
        if let Some(error) = errors.all {
            self.push(error);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_none()
    }

    /// Returns one `compile_error!` for each mistake.
    pub(crate) fn into_compile_errors(self) -> TokenStream {
        self.all
            .map(|errors| errors.to_compile_error())
            .unwrap_or_default()
    }
}

/// Adds the remedy for methods that need not be commands.
pub(crate) fn or_skip(message: &str) -> String {
    format!("{message}, or add `#[command(skip)]`")
}
