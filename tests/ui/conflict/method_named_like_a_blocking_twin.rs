use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn blocking_set(&mut self) {}

    #[command(blocking)]
    pub fn set(&mut self) {}
}

fn main() {}
