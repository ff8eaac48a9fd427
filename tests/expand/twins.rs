use actor_runtime::actor;

pub struct Log {
    lines: Vec<String>,
}

#[actor(errors = default)]
impl Log {
    /// Adds a line.
    #[command(try, blocking)]
    pub fn add(&mut self, line: &str) {
        self.lines.push(line.to_owned());
    }

    #[command(try, blocking)]
    pub fn last(&self) -> Option<String> {
        self.lines.last().cloned()
    }
}

fn main() {}
