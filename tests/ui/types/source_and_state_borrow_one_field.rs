use actor_runtime::actor;

pub struct Lines;

impl Lines {
    async fn recv(&mut self) -> Option<String> {
        None
    }
}

pub struct Cache {
    lines: Lines,
    open: bool,
}

#[actor]
impl Cache {
    async fn next_line(&mut self) -> Option<String> {
        self.lines.recv().await
    }

    #[on(self.next_line())]
    fn one(&mut self, line: Option<String>) {
        drop(line);
    }

    #[on(self.lines.recv(), if self.open)]
    fn two(&mut self, line: Option<String>) {
        drop(line);
    }
}

fn main() {}
