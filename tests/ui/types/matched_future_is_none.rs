use actor_runtime::actor;

pub struct Reader {
    lines: Vec<String>,
}

#[actor]
impl Reader {
    #[on(Some(line) = self.lines.pop())]
    fn read(&mut self, line: String) {
        drop(line);
    }
}

fn main() {}
