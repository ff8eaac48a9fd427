use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[on_start]
    #[command(timeout = std::time::Duration::from_secs(1))]
    fn start(&mut self) {}
}

fn main() {}
