use std::io;

use actor_runtime::actor;

pub struct Journal {
    lines: Vec<String>,
}

#[actor(errors = into)]
impl Journal {
    pub fn write(&mut self, line: String) -> io::Result<()> {
        self.lines.push(line);
        Ok(())
    }

    // Not a `Result`, so it becomes one.
    pub fn count(&self) -> usize {
        self.lines.len()
    }
}

fn main() {}
