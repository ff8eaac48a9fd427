use actor_runtime::actor;

pub struct Lines;

impl Lines {
    async fn recv(&mut self) -> Option<String> {
        None
    }
}

pub struct Cache {
    lines: Lines,
}

#[actor]
impl Cache {
    #[on(Some(line) = self.lines.recv())]
    fn one(&mut self, line: String) {
        drop(line);
    }

    #[on(Some(line) = self.lines.recv())]
    fn two(&mut self, line: String) {
        drop(line);
    }
}

fn main() {}
