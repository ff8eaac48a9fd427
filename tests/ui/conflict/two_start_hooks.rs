use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[on_start]
    fn open(&mut self) {}

    #[on_start]
    fn connect(&mut self) {}
}

fn main() {}
