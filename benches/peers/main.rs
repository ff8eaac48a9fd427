//! The time that other crates take for the counter, next to the hand-written one and the one by `#[actor]`.

use benches::contender::WithoutShutdown;
use benches::load::{Load, Operation, run};
use benches::plot::{Group, svg};
use benches::rounds::{Effort, markdown, measure, places};
use benches::tables::{COUNTER_ROWS, Column, Table, column};
use benches::{counter, handwritten_counter};

mod actify;
mod actix;
mod interthread;
mod kameo;
mod ractor;
mod rsactor;
mod spawned;
mod xtra;

/// The number of commands that may wait, where it can be set.
const CAPACITY: usize = 64;

/// The load in the picture.
const PICTURED: &str = "call, 64 callers";

const TABLE: Table = Table {
    title: "Counter",
    columns: &[
        column("reference", run::<handwritten_counter::CounterClient>),
        column("no shutdown", run::<WithoutShutdown>),
        Column {
            // Every method is answered.
            carries: |load| !is_cast(load),
            ..column("actify", run::<actify::Client>)
        },
        Column {
            // The arbiter starts the actors later.
            carries: |load| !matches!(load, Load::Spawn),
            ..column("actix", actix::run)
        },
        column("interthread", run::<interthread::CounterLive>),
        column("kameo", run::<kameo::Client>),
        column("ractor", run::<ractor::Client>),
        column("rsactor", run::<rsactor::Client>),
        column("spawned", run::<spawned::Client>),
        column("xtra", run::<xtra::Client>),
        column("actor", run::<counter::CounterClient>),
    ],
    rows: COUNTER_ROWS,
};

fn main() {
    let effort = Effort::from_arguments();
    let places = places();
    let measured = places
        .each_ref()
        .map(|place| measure(&TABLE, place, &effort));
    let mut text = effort.legend();
    for (place, lines) in places.iter().zip(&measured) {
        text += &markdown(&TABLE, place, lines);
    }
    print!("{text}");
    effort.save("peers.md", &text);

    let row = TABLE.rows.iter().position(|row| row.name == PICTURED);
    let row = row.expect("a row of the table");
    let groups = (0..)
        .zip(TABLE.columns)
        .skip(1)
        .map(|(index, column)| Group {
            label: column.name,
            bars: measured
                .iter()
                .flat_map(|lines| &lines[row][index])
                .map(|cell| cell.ratio)
                .collect(),
        });
    let title = format!("Time over the reference's: {PICTURED}");
    let plot = svg(
        &title,
        &places.map(|place| place.name),
        &groups.collect::<Vec<_>>(),
    );
    effort.save("peers.svg", &plot);
}

fn is_cast(load: Load) -> bool {
    matches!(
        load,
        Load::Traffic {
            operation: Operation::Cast,
            ..
        }
    )
}
