//! stub
#[proc_macro_attribute]
pub fn actor(_a: proc_macro::TokenStream, b: proc_macro::TokenStream) -> proc_macro::TokenStream { b }
