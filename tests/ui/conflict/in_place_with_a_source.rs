use std::time::Duration;

use actor_runtime::actor;

struct Log(Vec<String>);

#[actor]
impl Log {
    #[command(in_place)]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    #[every(Duration::from_secs(1))]
    fn flush(&mut self) {
        self.0.clear();
    }
}

fn main() {}
