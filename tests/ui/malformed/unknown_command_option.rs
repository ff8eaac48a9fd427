use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(cast)]
    pub fn clear(&mut self) {}
}

fn main() {}
