//! The number of instructions, counted by callgrind: nearly equal in every run.
//!
//! ```text
//! instructions                             all tables
//! instructions --check                     whether the actor is within its limits
//! instructions --run ROW COLUMN OPERATIONS HEAP one load, for callgrind to profile
//! ```
//!
//! `HEAP` is the size of a block that is allocated first and never freed. The work of `malloc` depends on the
//! addresses of all blocks: one block more or less changes the cost of spawning an actor by up to 7 %. So each figure
//! is the mean of several heaps.

mod callgrind;

use std::env;
use std::hint::black_box;
use std::mem;
use std::process::exit;

use benches::load::Load;
use benches::report::{Limit, check, limit, per_operation, save, tables};
use benches::tables::{Column, Row, TABLES, Table};
use tokio::runtime::Builder;

const OPERATIONS: u32 = 4_000;

/// The limits of an actor's instructions over the reference's.
const LIMITS: [Limit; 7] = [
    limit("call", "actor", 0.625),
    limit("call, 64 callers", "actor", 0.59),
    limit("call, 1,024 callers", "actor", 0.78),
    limit("cast", "actor", 0.335),
    limit("spawn + call + stop", "actor", 0.93),
    limit("call", "actor, in_place", 0.26),
    limit("call, 64 callers", "actor, in_place", 0.385),
];
/// The change of the reference alone: rustc inlines its `select!` or not, depending on the rest of the program.
const MARGIN: f64 = 0.015;

const HEAPS: [usize; 8] = [4000, 4016, 4032, 4048, 4064, 4080, 4096, 4112];

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [flag, load @ ..] = arguments.as_slice()
        && flag == "--run"
    {
        let [row, column, operations, heap] = load else {
            panic!("expected `--run ROW COLUMN OPERATIONS HEAP`");
        };
        let heap = heap.parse().expect("a number of bytes");
        mem::forget(black_box(vec![0_u8; heap]));
        run(
            row,
            column,
            operations.parse().expect("a number of operations"),
        );
        return;
    }
    let is_check = arguments.iter().any(|it| it == "--check");
    if !callgrind::is_installed() {
        println!("Instructions are not counted, because valgrind is not installed.");
        exit(i32::from(is_check));
    }
    if is_check {
        check("Instructions over the reference's", &LIMITS, MARGIN, ratio);
        return;
    }
    let text = format!(
        "Instructions per operation on a current-thread runtime.\n{}",
        tables(cell)
    );
    print!("{text}");
    save("instructions.md", &text);
}

fn run(row: &str, column: &str, operations: u32) {
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    for table in TABLES {
        let rows = table.rows.iter().filter(|it| it.name == row);
        let columns = table.columns.iter().filter(|it| it.name == column);
        for (row, column) in rows.zip(columns) {
            (column.run)(&runtime, row.load, operations);
        }
    }
}

fn cell(column: &Column, row: &Row) -> String {
    format!("{:.0}", cost(column, row))
}

fn ratio(table: &Table, column: &Column, row: &Row) -> f64 {
    cost(column, row) / cost(table.reference(), row)
}

fn cost(column: &Column, row: &Row) -> f64 {
    let heaps = match row.load {
        Load::Spawn | Load::Life => HEAPS.as_slice(),
        Load::Traffic { .. } => &HEAPS[..1],
    };
    let (mut sum, mut count) = (0.0, 0.0);
    for &heap in heaps {
        let once = instructions(column, row, OPERATIONS, heap);
        let twice = instructions(column, row, 2 * OPERATIONS, heap);
        sum += per_operation(once, twice, OPERATIONS);
        count += 1.0;
    }
    sum / count
}

/// Returns the instructions that callgrind counts in a separate process.
fn instructions(column: &Column, row: &Row, operations: u32, heap: usize) -> u64 {
    let (operations, heap) = (operations.to_string(), heap.to_string());
    callgrind::instructions(&["--run", row.name, column.name, &operations, &heap])
}
