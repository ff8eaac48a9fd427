//! The cost in memory: allocations per operation, bytes per idle actor, and sizes. These numbers have no noise.
//!
//! ```text
//! cost          all tables
//! cost --check  whether the actor is within its limits
//! ```

use std::env;

use allocation_counter::AllocationInfo;
use benches::load::Load;
use benches::report::{Limit, check, limit, markdown, per_operation, save, tables};
use benches::sizes::{Size, sizes};
use benches::tables::{Column, Row};
use tokio::runtime::{Builder, Runtime};

const OPERATIONS: u32 = 10_000;

/// The allocations that the actor may make per operation.
const ALLOCATIONS: [Limit; 5] = [
    limit("call", "actor", 1.0),
    limit("cast", "actor", 0.0),
    limit("spawn a counter", "actor", 2.0),
    limit("spawn a cache", "actor", 2.0),
    limit("call", "actor, in_place", 1.0),
];
/// The bytes that the actor may allocate until it is idle.
const BYTES: [Limit; 3] = [
    limit("spawn a counter", "actor", 730.0),
    limit("spawn a cache", "actor", 850.0),
    limit("spawn a counter", "actor, in_place", 864.0),
];
/// Allocations have no noise, but those before and after the load differ slightly.
const MARGIN: f64 = 0.001;

fn main() {
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    if env::args().any(|it| it == "--check") {
        check("Allocations", &ALLOCATIONS, MARGIN, |_, column, row| {
            cost(&runtime, column, row).allocations
        });
        check("Bytes per idle actor", &BYTES, MARGIN, |_, column, row| {
            cost(&runtime, column, row).bytes
        });
        return;
    }
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

/// The cost of one operation.
struct Cost {
    allocations: f64,
    bytes: f64,
}

fn cell(runtime: &Runtime, column: &Column, row: &Row) -> String {
    let Cost { allocations, bytes } = cost(runtime, column, row);
    match row.load {
        Load::Spawn => format!("{allocations:.2}, {bytes:.0} bytes"),
        Load::Life | Load::Traffic { .. } => format!("{allocations:.2}"),
    }
}

fn cost(runtime: &Runtime, column: &Column, row: &Row) -> Cost {
    let once = allocations(runtime, column, row, OPERATIONS);
    let twice = allocations(runtime, column, row, 2 * OPERATIONS);
    Cost {
        allocations: per_operation(once.count_total, twice.count_total, OPERATIONS),
        bytes: per_operation(once.bytes_max, twice.bytes_max, OPERATIONS),
    }
}

fn allocations(runtime: &Runtime, column: &Column, row: &Row, operations: u32) -> AllocationInfo {
    allocation_counter::measure(|| {
        (column.run)(runtime, row.load, operations);
    })
}
