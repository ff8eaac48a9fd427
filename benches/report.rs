//! Tables in Markdown, on the standard output and in `results/`.

use std::fs;
use std::path::Path;
use std::process::exit;

use crate::tables::{Column, Row, TABLES, Table};

/// Returns all tables, with the cells that `cell` returns.
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

/// Compares the result of `measure` for some rows with their limits, and ends the program if a row is beyond its
/// limit. `margin` is added to each limit, for differences such as another machine's allocator.
///
/// # Panics
///
/// Panics if a limit belongs to no row.
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
    assert_eq!(lines.len(), limits.len(), "each limit belongs to a row");
    let header = ["", "at most", "measured"].map(str::to_owned);
    print!("{}", markdown(title, &header, &lines));
    if is_beyond {
        println!("\nOne of these is more than {margin} beyond its limit.");
        exit(1);
    }
}

/// Returns one table. Its first column is text, and the others are numbers.
pub fn markdown(title: &str, header: &[String], lines: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let numbers = "---:|".repeat(header.len() - 1);
    let lines: String = lines.iter().map(|cells| line(cells)).collect();
    format!("\n## {title}\n\n{}|---|{numbers}\n{lines}", line(header))
}

/// Returns the cost of one operation if `operations` cost `once` and twice as many cost `twice`. The cost before and
/// after the operations does not count.
///
/// # Panics
///
/// Panics if the difference is beyond four billion.
pub fn per_operation(once: u64, twice: u64, operations: u32) -> f64 {
    let difference = u32::try_from(twice.saturating_sub(once)).expect("a moderate cost");
    f64::from(difference) / f64::from(operations)
}

/// Writes a file of results.
///
/// # Panics
///
/// Panics if the file cannot be written.
pub fn save(name: &str, text: &str) {
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
    fs::create_dir_all(&results).expect("the folder of the benchmarks is writable");
    fs::write(results.join(name), text).expect("the folder of the results is writable");
}
