//! A chart of actors that wait for each other, in the language of Mermaid.

use std::collections::BTreeMap;
use std::fmt;

use crate::numbered::Numbered;

#[derive(Default)]
pub(super) struct Chart {
    /// The labels of actors with an id.
    actors: Numbered<String>,
    /// The numbers of actors without an id, which are told apart by their labels.
    others: BTreeMap<String, usize>,
    /// An arrow in each line.
    arrows: Vec<String>,
}

impl Chart {
    /// Adds an actor, unless it is there. Returns its node.
    pub(super) fn node(&mut self, id: Option<u64>, actor: &str, name: Option<&str>) -> String {
        let label = match name {
            Some(name) => escaped(&format!("{actor} {name}")),
            None => escaped(actor),
        };
        match id {
            Some(id) => {
                self.actors.insert(id, label);
                format!("a{id}")
            }
            None => {
                let next = self.others.len() + 1;
                let number = self.others.entry(label).or_insert(next);
                format!("other{number}")
            }
        }
    }

    /// Draws that `method` of one actor waits for another actor.
    pub(super) fn arrow(&mut self, from: &str, method: &str, to: &str) {
        let method = escaped(method);
        self.arrows.push(format!("{from} -- \"{method}\" --> {to}"));
    }
}

impl fmt::Display for Chart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "flowchart LR")?;
        for (id, label) in self.actors.iter() {
            writeln!(f, "    a{id}[\"{label}\"]")?;
        }
        for (label, number) in &self.others {
            writeln!(f, "    other{number}[\"{label}\"]")?;
        }
        for arrow in &self.arrows {
            writeln!(f, "    {arrow}")?;
        }
        Ok(())
    }
}

/// Replaces everything in a `text` that would not be shown as it is between quotes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '#' | '&' | ';' | '<' | '>' | '`' | '\\' => {
                escaped.extend(["#", &u32::from(character).to_string(), ";"]);
            }
            _ if character.is_control() => escaped.push(' '),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_quotes() {
        let mut chart = Chart::default();
        let from = chart.node(Some(1), "door", Some("a\"]\nend --> <b> #1;"));
        let to = chart.node(None, "lock", None);
        chart.arrow(&from, "open", &to);
        assert_eq!(
            chart.to_string(),
            "flowchart LR\n    \
             a1[\"door a#34;] end --#62; #60;b#62; #35;1#59;\"]\n    \
             other1[\"lock\"]\n    \
             a1 -- \"open\" --> other1\n"
        );
    }

    #[test]
    fn actors_without_an_id_are_told_apart_by_their_names() {
        let mut chart = Chart::default();
        let nodes = [Some("a"), None, Some("a")].map(|name| chart.node(None, "lock", name));
        assert_eq!(nodes, ["other1", "other2", "other1"]);
    }
}
