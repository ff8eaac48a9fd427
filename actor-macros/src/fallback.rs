//! The output when there were errors: as much as could be made, so that one mistake is one error.

use proc_macro2::TokenStream;

use crate::diagnostics::Errors;
use crate::parse;

/// Nothing can be generated: the user's tokens come out as they went in.
pub(crate) fn block_only(block: &TokenStream, errors: Errors) -> TokenStream {
    with_errors(parse::without_helpers(block.clone()), errors)
}

/// What could be generated, and the errors after it.
pub(crate) fn with_errors(mut output: TokenStream, errors: Errors) -> TokenStream {
    output.extend(errors.into_compile_errors());
    output
}
