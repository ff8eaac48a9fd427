//! The macro and its output in the edition before the current one.

use trybuild::TestCases;

#[test]
fn programs_compile() {
    let tests = TestCases::new();
    tests.pass("../ui/pass/*.rs");
    tests.pass("../expand/*.rs");
}
