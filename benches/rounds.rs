//! The measurement of times: the contenders take turns, and the result is the ratio within a round.

use std::env;
use std::process::exit;
use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError::Timeout;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::report;
use crate::spread::Spread;
use crate::tables::{Column, Row, Table};

/// The extent of a measurement.
pub struct Effort {
    rounds: usize,
    /// The divisor of a load's operations.
    divisor: u32,
}

const FULL: Effort = Effort {
    rounds: 9,
    divisor: 1,
};
const QUICK: Effort = Effort {
    rounds: 3,
    divisor: 10,
};

/// The aim for one turn. A contender that would take longer carries a part of the load.
const TURN: Duration = Duration::from_secs(1);
/// The limit of one turn. A contender that takes longer is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// A runtime that all contenders use.
pub struct Place {
    /// The name in the tables.
    pub name: String,
    runtime: Runtime,
}

/// The time of one contender for one load.
pub struct Cell {
    nanoseconds: f64,
    /// The time over the reference's.
    pub ratio: Spread,
}

/// The times of all contenders for one load, in the order of the columns. A contender that has no such load has
/// `None`.
pub type Line = Vec<Option<Cell>>;

impl Effort {
    /// Returns the effort that the arguments ask for, less with `--quick`.
    pub fn from_arguments() -> Self {
        if env::args().any(|it| it == "--quick") {
            QUICK
        } else {
            FULL
        }
    }

    /// Saves the results, unless the effort was too low for them to be worth it.
    pub fn save(&self, name: &str, text: &str) {
        if self.divisor == 1 {
            report::save(name, text);
        }
    }

    /// Returns the explanation of the tables.
    pub fn legend(&self) -> String {
        format!(
            "Nanoseconds per operation of the reference, and the others' times over the reference's in\n\
             the same round: the median of {} rounds, and its quartiles.\n",
            self.rounds
        )
    }
}

/// Returns a current-thread runtime and a runtime of two workers, or of as many as `--workers` says.
///
/// # Panics
///
/// Panics if a runtime cannot be built.
pub fn places() -> [Place; 2] {
    let workers = env::args().skip_while(|it| *it != "--workers").nth(1);
    let workers = workers.map_or(2, |it| it.parse().expect("a number after `--workers`"));
    let place = |name, mut builder: Builder| Place {
        name,
        runtime: builder.build().expect("a runtime"),
    };
    let mut multi_thread = Builder::new_multi_thread();
    multi_thread.worker_threads(workers);
    [
        place("current thread".to_owned(), Builder::new_current_thread()),
        place(format!("{workers} workers"), multi_thread),
    ]
}

/// Measures all loads of a table.
pub fn measure(table: &Table, place: &Place, effort: &Effort) -> Vec<Line> {
    let rows = table.rows.iter();
    rows.map(|row| measure_row(&place.runtime, table.columns, row, effort))
        .collect()
}

/// Returns the table of a measurement.
pub fn markdown(table: &Table, place: &Place, lines: &[Line]) -> String {
    let mut header = vec![String::new()];
    header.extend(table.columns.iter().map(|column| column.name.to_owned()));
    let mut body = Vec::new();
    for (row, line) in table.rows.iter().zip(lines) {
        let mut cells = vec![row.name.to_owned()];
        for (index, cell) in line.iter().enumerate() {
            cells.push(match cell {
                Some(cell) if index == 0 => format!("{:.0} ns", cell.nanoseconds),
                Some(cell) => cell.ratio.to_string(),
                None => "–".to_owned(),
            });
        }
        body.push(cells);
    }
    let title = format!("{}, {}", table.title, place.name);
    report::markdown(&title, &header, &body)
}

/// Lets the contenders take turns, a different one first in each round. A round before the first one is for warming
/// up.
fn measure_row(runtime: &Runtime, columns: &[Column], row: &Row, effort: &Effort) -> Line {
    let operations: Vec<u32> = columns
        .iter()
        .map(|column| affordable(runtime, column, row, effort))
        .collect();
    let mut times = vec![Vec::new(); columns.len()];
    for round in 0..=effort.rounds {
        for turn in 0..columns.len() {
            let column = (round + turn) % columns.len();
            if operations[column] == 0 {
                continue;
            }
            let time = turn_of(runtime, &columns[column], row, operations[column]);
            if round > 0 {
                times[column].push(time.as_secs_f64() * 1e9 / f64::from(operations[column]));
            }
        }
    }
    times.iter().map(|own| cell(own, &times[0])).collect()
}

fn cell(own: &[f64], reference: &[f64]) -> Option<Cell> {
    if own.is_empty() {
        return None;
    }
    let ratios = own
        .iter()
        .zip(reference)
        .map(|(own, reference)| own / reference);
    Some(Cell {
        nanoseconds: Spread::of(own.to_vec()).median,
        ratio: Spread::of(ratios.collect()),
    })
}

/// Returns the operations of a contender's turn: the load's, or as many as take about a second.
fn affordable(runtime: &Runtime, column: &Column, row: &Row, effort: &Effort) -> u32 {
    if !(column.carries)(row.load) {
        return 0;
    }
    let operations = row.load.operations() / effort.divisor;
    let part = operations / 8;
    let time = turn_of(runtime, column, row, part);
    let slowness = (8 * time).div_duration_f64(TURN).max(1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is less"
    )]
    let affordable = (f64::from(operations) / slowness) as u32;
    affordable
}

fn turn_of(runtime: &Runtime, column: &Column, row: &Row, operations: u32) -> Duration {
    let (is_done, done) = mpsc::channel::<()>();
    let name = format!("{}, {}", column.name, row.name);
    thread::spawn(move || {
        if done.recv_timeout(PATIENCE) == Err(Timeout) {
            eprintln!("{name}: no end after {PATIENCE:?}");
            exit(1);
        }
    });
    let time = (column.run)(runtime, row.load, operations);
    drop(is_done);
    time
}
