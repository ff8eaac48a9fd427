use actor_runtime::actor;

pub struct Reader {
    lines: Vec<String>,
}

#[actor]
impl Reader {
    #[on(Some(line) = std::future::ready(self.lines.pop()))]
    fn read(&mut self, text: String) {
        drop(text);
    }
}

fn main() {}
