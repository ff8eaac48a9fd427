use actor_runtime::actor;

struct Log(Vec<String>);

#[actor]
impl Log {
    #[command(in_place)]
    pub async fn len(&self) -> usize {
        self.0.len()
    }
}

fn main() {}
