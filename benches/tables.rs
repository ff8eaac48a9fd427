//! The tables: one row per load, one column per contender.

use crate::contender::WithoutShutdown;
use crate::load::{Load, Operation, Run, Tokens, run};
use crate::{
    cache, counter, counter_in_place, disk, handwritten, handwritten_counter, handwritten_disk,
};

/// Loads that all its contenders carry in turn.
pub struct Table {
    /// The subject of the table.
    pub title: &'static str,
    /// The contenders. The first one is the reference, the last one the actor by `#[actor]`.
    pub columns: &'static [Column],
    /// The loads.
    pub rows: &'static [Row],
}

impl Table {
    /// Returns the contender that the others are compared with.
    ///
    /// # Panics
    ///
    /// Panics if there are no contenders.
    pub fn reference(&self) -> &Column {
        self.columns.first().expect("a contender")
    }

    /// Returns the contender by `#[actor]`.
    ///
    /// # Panics
    ///
    /// Panics if there are no contenders.
    pub fn actor(&self) -> &Column {
        self.columns.last().expect("a contender")
    }
}

/// A contender.
pub struct Column {
    /// The name in the table.
    pub name: &'static str,
    /// Carries a load.
    pub run: Run,
    /// Returns whether the contender can carry a load.
    pub carries: fn(Load) -> bool,
}

/// A load by name.
pub struct Row {
    /// The name in the table, different from every other row of every table.
    pub name: &'static str,
    /// The load itself.
    pub load: Load,
}

/// All tables.
pub const TABLES: &[Table] = &[
    Table {
        title: "Cache: `examples/cache.rs` against `examples/handwritten.rs`",
        columns: &[
            column("reference", run::<handwritten::CacheClient>),
            column("actor", run::<cache::CacheClient>),
        ],
        rows: &[
            row("get", traffic(Operation::Call, 1)),
            row("get, 64 callers", traffic(Operation::Call, 64)),
            row("set", traffic(Operation::Cast, 1)),
            row("set, 8 producers", traffic(Operation::Cast, 8)),
            row("80% get, 20% set, 64 callers", traffic(Operation::Mix, 64)),
            row("spawn a cache", Load::Spawn),
        ],
    },
    Table {
        title: "Counter: one number in, one number out, next to no work",
        columns: &[
            column("reference", run::<handwritten_counter::CounterClient>),
            column("no shutdown", run::<WithoutShutdown>),
            column("actor, in_place", run::<counter_in_place::CounterClient>),
            column("actor", run::<counter::CounterClient>),
        ],
        rows: COUNTER_ROWS,
    },
    Table {
        title: "Disk: an argument of 1 KiB",
        columns: &[
            column("reference", run::<handwritten_disk::DiskClient>),
            column("actor", run::<disk::DiskClient>),
        ],
        rows: &[
            row("call with 1 KiB", traffic(Operation::Call, 1)),
            row("cast with 1 KiB", traffic(Operation::Cast, 1)),
        ],
    },
];

/// The loads of counters.
pub const COUNTER_ROWS: &[Row] = &[
    row("call", traffic(Operation::Call, 1)),
    row("call, 8 callers", traffic(Operation::Call, 8)),
    row("call, 64 callers", traffic(Operation::Call, 64)),
    row("call, 1,024 callers", traffic(Operation::Call, 1024)),
    row("call, 64 actors", actors(64, Tokens::Own)),
    row(
        "call, 1,000 actors, one token",
        actors(1000, Tokens::Shared),
    ),
    row("cast", traffic(Operation::Cast, 1)),
    row("cast, 8 producers", traffic(Operation::Cast, 8)),
    row("spawn + call + stop", Load::Life),
    row("spawn a counter", Load::Spawn),
];

/// Returns a contender that carries all loads.
pub const fn column(name: &'static str, run: Run) -> Column {
    Column {
        name,
        run,
        carries: |_| true,
    }
}

/// Returns a load with a name.
pub const fn row(name: &'static str, load: Load) -> Row {
    Row { name, load }
}

/// Returns the load of one actor that all tasks share.
pub const fn traffic(operation: Operation, tasks: u32) -> Load {
    Load::Traffic {
        operation,
        actors: 1,
        tasks,
        tokens: Tokens::Own,
    }
}

/// Returns the load of many actors with a caller each.
const fn actors(actors: u32, tokens: Tokens) -> Load {
    Load::Traffic {
        operation: Operation::Call,
        actors,
        tasks: actors,
        tokens,
    }
}
