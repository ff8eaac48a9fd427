use actor_runtime::actor;

struct Log(Vec<String>);

#[actor]
impl Log {
    #[command(batch = 10, in_place)]
    pub fn append(&mut self, lines: Vec<String>) -> Vec<usize> {
        let first = self.0.len();
        self.0.extend(lines);
        (first..self.0.len()).collect()
    }
}

fn main() {}
