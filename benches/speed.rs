//! How long it takes: the time of each contender over that of the reference in the same round.

use std::env;

use benches::plot::{Group, svg};
use benches::report;
use benches::spread::Spread;
use benches::tables::{Column, Row, TABLES, Table};
use tokio::runtime::{Builder, Runtime};

/// How much is measured.
struct Effort {
    rounds: usize,
    /// What the operations of a load are divided by.
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

/// A runtime that all contenders use.
struct Place {
    name: String,
    runtime: Runtime,
}

/// What one contender took for one load.
struct Cell {
    nanoseconds: f64,
    ratio: Spread,
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    let is_quick = arguments.iter().any(|it| it == "--quick");
    let effort = if is_quick { QUICK } else { FULL };
    let workers = arguments.iter().skip_while(|it| *it != "--workers").nth(1);
    let workers = workers.map_or(2, |it| it.parse().expect("a number after `--workers`"));
    let places = [current_thread(), multi_thread(workers)];

    let mut text = format!(
        "Nanoseconds per operation of the reference, and the others' times over the reference's in\n\
         the same round: the median of {} rounds, and its quartiles.\n",
        effort.rounds
    );
    let mut groups = Vec::new();
    for table in TABLES {
        text += &fill(table, &places, &effort, &mut groups);
    }
    print!("{text}");
    if !is_quick {
        let title = "Time of #[actor] over that of the reference";
        let plot = svg(title, &places.map(|place| place.name), &groups);
        report::save("speed.md", &text);
        report::save("speed.svg", &plot);
    }
}

/// A table of what all contenders took for all loads in all places. The bars are those of the last
/// contender.
fn fill(table: &Table, places: &[Place], effort: &Effort, groups: &mut Vec<Group>) -> String {
    let mut header = vec![String::new()];
    for place in places {
        let names = table.columns.iter().map(|column| column.name);
        header.extend(names.map(|name| format!("{name}, {}", place.name)));
    }
    let mut lines = Vec::new();
    for row in table.rows {
        let mut line = vec![row.name.to_owned()];
        let mut bars = Vec::new();
        for place in places {
            let cells = measure(&place.runtime, table.columns, row, effort);
            line.push(format!("{:.0} ns", cells[0].nanoseconds));
            line.extend(cells[1..].iter().map(|cell| cell.ratio.to_string()));
            bars.extend(cells.last().map(|cell| cell.ratio));
        }
        lines.push(line);
        groups.push(Group {
            label: row.name,
            bars,
        });
    }
    report::markdown(table.title, &header, &lines)
}

fn current_thread() -> Place {
    Place {
        name: "current thread".to_owned(),
        runtime: Builder::new_current_thread().build().expect("a runtime"),
    }
}

fn multi_thread(workers: usize) -> Place {
    let runtime = Builder::new_multi_thread().worker_threads(workers).build();
    Place {
        name: format!("{workers} workers"),
        runtime: runtime.expect("a runtime"),
    }
}

/// Lets the contenders take turns, a different one first in each round. The round before the first is
/// for warming up.
fn measure(runtime: &Runtime, columns: &[Column], row: &Row, effort: &Effort) -> Vec<Cell> {
    let operations = row.load.operations() / effort.divisor;
    let mut times = vec![Vec::new(); columns.len()];
    for round in 0..=effort.rounds {
        for turn in 0..columns.len() {
            let column = (round + turn) % columns.len();
            let time = (columns[column].run)(runtime, row.load, operations);
            if round > 0 {
                times[column].push(time.as_secs_f64() * 1e9 / f64::from(operations));
            }
        }
    }
    let cell = |own: &Vec<f64>| {
        let ratios = own
            .iter()
            .zip(&times[0])
            .map(|(own, reference)| own / reference);
        Cell {
            nanoseconds: Spread::of(own.clone()).median,
            ratio: Spread::of(ratios.collect()),
        }
    };
    times.iter().map(cell).collect()
}
