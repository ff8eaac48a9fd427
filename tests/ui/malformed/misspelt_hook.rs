use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[on_strat]
    fn open(&mut self) {}
}

fn main() {}
