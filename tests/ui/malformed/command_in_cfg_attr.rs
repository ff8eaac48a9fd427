use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[cfg_attr(unix, command(try))]
    pub fn clear(&mut self) {}
}

fn main() {}
