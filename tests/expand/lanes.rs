use std::io;

use actor_runtime::actor;

pub struct Row;

#[derive(Default)]
pub struct Store {
    rows: Vec<Row>,
}

#[actor]
impl Store {
    #[command(batch = 100, arg = row)]
    pub async fn insert(&mut self, rows: Vec<Row>) -> Vec<io::Result<usize>> {
        let first = self.rows.len();
        self.rows.extend(rows);
        (first..self.rows.len()).map(Ok).collect()
    }

    #[command(batch = 8)]
    pub fn note(&mut self, lines: Vec<String>) {
        println!("{lines:?}");
    }

    #[command(priority)]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    #[command(skip_cancelled)]
    pub fn count(&self, from: usize) -> usize {
        self.rows.len() - from
    }
}

fn main() {}
