use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(try)]
    pub fn set(&mut self) {}

    pub fn try_set(&mut self) {}
}

fn main() {}
