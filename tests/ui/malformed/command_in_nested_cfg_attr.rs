use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[cfg_attr(unix, cfg_attr(unix, command(ack)))]
    pub fn set(&mut self) {}
}

fn main() {}
