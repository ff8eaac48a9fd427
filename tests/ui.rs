//! Mistakes that the macro refuses, with its messages. `TRYBUILD=overwrite cargo test -p tests --test ui` overwrites
//! them.

use trybuild::TestCases;

#[test]
fn mistakes_are_explained() {
    let tests = TestCases::new();
    tests.compile_fail("ui/malformed/*.rs");
    tests.compile_fail("ui/unsupported/*.rs");
    tests.compile_fail("ui/conflict/*.rs");
    tests.compile_fail("ui/types/*.rs");
}
