use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(try)]
    #[command(blocking)]
    pub fn clear(&mut self) {}
}

fn main() {}
