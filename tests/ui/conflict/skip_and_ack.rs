use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(skip, ack)]
    pub fn clear(&mut self) {}
}

fn main() {}
