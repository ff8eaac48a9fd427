use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(ack)]
    fn clear(&mut self) {}
}

fn main() {}
