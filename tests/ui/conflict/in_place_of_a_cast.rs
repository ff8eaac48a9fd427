use actor_runtime::actor;

struct Log(Vec<String>);

#[actor]
impl Log {
    #[command(in_place)]
    pub fn append(&mut self, line: String) {
        self.0.push(line);
    }
}

fn main() {}
