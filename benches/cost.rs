//! What it takes in memory: allocations per operation, bytes per idle actor, and sizes. There is no
//! noise in these numbers.

use allocation_counter::AllocationInfo;
use benches::load::Load;
use benches::report::{markdown, per_operation, save, tables};
use benches::sizes::{Size, sizes};
use benches::tables::{Column, Row};
use tokio::runtime::{Builder, Runtime};

const OPERATIONS: u32 = 10_000;

fn main() {
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let text = format!(
        "Allocations per operation; for spawned actors also the bytes that each takes while it is\n\
         idle, its client included.\n{}{}",
        tables(|column, row| cell(&runtime, column, row)),
        sizes_table(),
    );
    print!("{text}");
    save("cost.md", &text);
}

fn sizes_table() -> String {
    let header = ["", "reference", "actor"].map(str::to_owned);
    let line = |size: Size| {
        vec![
            size.name.to_owned(),
            size.reference.to_string(),
            size.actor.to_string(),
        ]
    };
    markdown("Sizes in bytes", &header, &sizes().map(line))
}

fn cell(runtime: &Runtime, column: &Column, row: &Row) -> String {
    let once = allocations(runtime, column, row, OPERATIONS);
    let twice = allocations(runtime, column, row, 2 * OPERATIONS);
    let count = per_operation(once.count_total, twice.count_total, OPERATIONS);
    let bytes = per_operation(once.bytes_max, twice.bytes_max, OPERATIONS);
    match row.load {
        Load::Spawn => format!("{count:.2}, {bytes:.0} bytes"),
        Load::Life | Load::Traffic { .. } => format!("{count:.2}"),
    }
}

fn allocations(runtime: &Runtime, column: &Column, row: &Row, operations: u32) -> AllocationInfo {
    allocation_counter::measure(|| {
        (column.run)(runtime, row.load, operations);
    })
}
