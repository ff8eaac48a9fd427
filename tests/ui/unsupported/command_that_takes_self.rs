use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(ack)]
    pub fn close(self) {}
}

fn main() {}
