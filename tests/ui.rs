//! What the macro refuses, and how it says so; what it must not refuse; and that the snapshots of its
//! output are programs. `TRYBUILD=overwrite cargo test -p tests --test ui` writes what came out.

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
