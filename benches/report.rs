//! Tables of Markdown, on the standard output and in `results/`.

use std::fs;
use std::path::Path;
use std::process::exit;

use crate::tables::{Column, Row, TABLES, Table};

/// All tables, each cell by `cell`.
pub fn tables(cell: impl Fn(&Column, &Row) -> String) -> String {
    let mut text = String::new();
    for table in TABLES {
        let mut header = vec![String::new()];
        header.extend(table.columns.iter().map(|column| column.name.to_owned()));
        let mut lines = Vec::new();
        for row in table.rows {
            let mut line = vec![row.name.to_owned()];
            line.extend(table.columns.iter().map(|column| cell(column, row)));
            lines.push(line);
        }
        text += &markdown(table.title, &header, &lines);
    }
    text
}

/// Compares with its limit what `measure` finds of some rows, and ends the program if one is beyond.
/// `margin` is what may come on top, from another machine's allocator and the like.
///
/// # Panics
///
/// If a limit is not that of a row.
pub fn check(
    title: &str,
    limits: &[(&str, f64)],
    margin: f64,
    measure: impl Fn(&Table, &Row) -> f64,
) {
    let mut is_beyond = false;
    let mut lines = Vec::new();
    for &(name, limit) in limits {
        for table in TABLES {
            for row in table.rows.iter().filter(|row| row.name == name) {
                let measured = measure(table, row);
                is_beyond |= measured > limit + margin;
                lines.push(vec![
                    name.to_owned(),
                    format!("{limit}"),
                    format!("{measured:.3}"),
                ]);
            }
        }
    }
    assert_eq!(lines.len(), limits.len(), "each limit is that of a row");
    let header = ["", "at most", "measured"].map(str::to_owned);
    print!("{}", markdown(title, &header, &lines));
    if is_beyond {
        println!("\nOne of these is more than {margin} beyond its limit.");
        exit(1);
    }
}

/// One table. Its first column is text, the others are numbers.
pub fn markdown(title: &str, header: &[String], lines: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let numbers = "---:|".repeat(header.len() - 1);
    let lines: String = lines.iter().map(|cells| line(cells)).collect();
    format!("\n## {title}\n\n{}|---|{numbers}\n{lines}", line(header))
}

/// What one operation costs if `operations` cost `once` and twice as many cost `twice`, so that what
/// comes before and after them does not count.
///
/// # Panics
///
/// If the difference is beyond four billion.
pub fn per_operation(once: u64, twice: u64, operations: u32) -> f64 {
    let difference = u32::try_from(twice.saturating_sub(once)).expect("a moderate cost");
    f64::from(difference) / f64::from(operations)
}

/// Writes a file of results.
///
/// # Panics
///
/// If it cannot be written.
pub fn save(name: &str, text: &str) {
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
    fs::create_dir_all(&results).expect("the folder of the benchmarks is writable");
    fs::write(results.join(name), text).expect("the folder of the results is writable");
}
