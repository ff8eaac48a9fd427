use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[on]
    fn done(&mut self) {}
}

fn main() {}
