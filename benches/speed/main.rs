//! The time of each contender over the reference's in the same round.

mod cache_in_place;
mod disk_in_place;
mod in_place;

use benches::plot::{Group, svg};
use benches::rounds::{Effort, markdown, measure, places};
use benches::tables::TABLES;

use crate::in_place::TIMED;

fn main() {
    let effort = Effort::from_arguments();
    let places = places();
    let mut text = effort.legend();
    let mut groups = Vec::new();
    for table in TABLES.iter().chain(TIMED) {
        let measured = places
            .each_ref()
            .map(|place| measure(table, place, &effort));
        for (place, lines) in places.iter().zip(&measured) {
            text += &markdown(table, place, lines);
        }
        let actor = table.columns.len() - 1;
        groups.extend((0..).zip(table.rows).map(|(index, row)| {
            Group {
                label: row.name,
                bars: measured
                    .iter()
                    .filter_map(|lines| lines[index][actor].as_ref())
                    .map(|cell| cell.ratio)
                    .collect(),
            }
        }));
    }
    let title = "Time of #[actor] over the reference's";
    print!("{text}");
    effort.save("speed.md", &text);
    effort.save(
        "speed.svg",
        &svg(title, &places.map(|place| place.name), &groups),
    );
}
