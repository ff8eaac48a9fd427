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

/// The limit of a cell.
pub struct Limit {
    row: &'static str,
    column: &'static str,
    at_most: f64,
}

/// Returns the limit of a cell.
pub const fn limit(row: &'static str, column: &'static str, at_most: f64) -> Limit {
    Limit {
        row,
        column,
        at_most,
    }
}

/// Compares the result of `measure` for some cells with their limits, and ends the program if a cell is beyond its
/// limit. `margin` is added to each limit, for differences such as another machine's allocator.
///
/// # Panics
///
/// Panics if a limit belongs to no cell.
pub fn check(
    title: &str,
    limits: &[Limit],
    margin: f64,
    measure: impl Fn(&Table, &Column, &Row) -> f64,
) {
    let mut is_beyond = false;
    let mut lines = Vec::new();
    for limit in limits {
        for table in TABLES {
            let rows = table.rows.iter().filter(|row| row.name == limit.row);
            let columns = table.columns.iter();
            let columns = columns.filter(|column| column.name == limit.column);
            for (row, column) in rows.zip(columns) {
                let measured = measure(table, column, row);
                is_beyond |= measured > limit.at_most + margin;
                lines.push(vec![
                    format!("{}: {}", limit.column, limit.row),
                    format!("{}", limit.at_most),
                    format!("{measured:.3}"),
                ]);
            }
        }
    }
    assert_eq!(lines.len(), limits.len(), "each limit belongs to a cell");
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
