use std::future::ready;

use actor_runtime::actor;

pub struct Reader {
    lines: Vec<String>,
}

#[actor]
impl Reader {
    #[on(Ok(line) = ready(self.lines.pop()))]
    fn read(&mut self, line: String) {
        drop(line);
    }
}

fn main() {}
