//! What `GUARANTEES.md` says is held by tests.

use std::fs;
use std::path::Path;

/// Each test that it names is there.
#[test]
fn each_guarantee_names_tests_that_exist() {
    let chapter = include_str!("../../GUARANTEES.md");
    let quoted: Vec<&str> = chapter.split('`').skip(1).step_by(2).collect();
    let mut count = 0;
    for pair in quoted.windows(2) {
        let [file, test] = pair else { continue };
        if Path::new(file).extension().is_none_or(|it| it != "rs") {
            continue;
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let source = fs::read_to_string(&path).unwrap_or_else(|_| panic!("no file {file}"));
        assert!(
            source.contains(&format!("fn {test}()")),
            "no test {test} in {file}"
        );
        count += 1;
    }
    assert_eq!(count, chapter.matches(".rs`").count());
}
