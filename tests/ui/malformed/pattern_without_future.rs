use actor_runtime::actor;

pub struct Reader {
    lines: Vec<String>,
}

#[actor]
impl Reader {
    #[on(Some(line) =)]
    fn read(&mut self, line: String) {
        drop(line);
    }
}

fn main() {}
