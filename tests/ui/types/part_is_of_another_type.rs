use std::future::ready;

use actor_runtime::actor;

pub struct Reader {
    lines: Vec<String>,
}

#[actor]
impl Reader {
    #[on(Some(line) = ready(self.lines.pop()))]
    fn read(&mut self, line: u8) {
        let _ = line;
    }
}

fn main() {}
