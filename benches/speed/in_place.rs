//! The loads of calls in place that the other programs do not measure.

use benches::load::{Operation, block_on, run};
use benches::tables::{Table, column, row, traffic};
use benches::{counter, counter_in_place, handwritten, handwritten_counter, handwritten_disk};

use crate::{cache_in_place, disk_in_place};

/// Further tables, only of times. What rustc inlines into one contender depends on how many there are, and the counts of
/// instructions are to be comparable.
pub(crate) const TIMED: &[Table] = &[
    Table {
        title: "Counter, called from the future of `#[tokio::main]`",
        columns: &[
            column("reference", block_on::<handwritten_counter::CounterClient>),
            column(
                "actor, in_place",
                block_on::<counter_in_place::CounterClient>,
            ),
            column("actor", block_on::<counter::CounterClient>),
        ],
        rows: &[row("call from `block_on`", traffic(Operation::Call, 1))],
    },
    Table {
        title: "Cache, whose calls run in place",
        columns: &[
            column("reference", run::<handwritten::CacheClient>),
            column("actor, in_place", run::<cache_in_place::CacheClient>),
        ],
        rows: &[
            row("get in place", traffic(Operation::Call, 1)),
            row("get in place, 64 callers", traffic(Operation::Call, 64)),
            row(
                "80% get in place, 20% set, 64 callers",
                traffic(Operation::Mix, 64),
            ),
        ],
    },
    Table {
        title: "Disk, whose calls run in place",
        columns: &[
            column("reference", run::<handwritten_disk::DiskClient>),
            column("actor, in_place", run::<disk_in_place::DiskClient>),
        ],
        rows: &[row("call with 1 KiB in place", traffic(Operation::Call, 1))],
    },
];
