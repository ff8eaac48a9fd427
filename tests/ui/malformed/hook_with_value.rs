use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[on_start(now)]
    fn open(&mut self) {}
}

fn main() {}
