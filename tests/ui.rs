//! Mistakes that the macro refuses, with its messages; programs that it must accept; and the proof that the snapshots
//! of its output compile. `TRYBUILD=overwrite cargo test -p tests --test ui` overwrites the messages.

use trybuild::TestCases;

#[test]
fn mistakes_are_explained() {
    let tests = TestCases::new();
    tests.compile_fail("ui/malformed/*.rs");
    tests.compile_fail("ui/unsupported/*.rs");
    tests.compile_fail("ui/conflict/*.rs");
    tests.compile_fail("ui/types/*.rs");
}

#[test]
fn programs_compile() {
    let tests = TestCases::new();
    tests.pass("ui/pass/*.rs");
    tests.pass("expand/*.rs");
}
