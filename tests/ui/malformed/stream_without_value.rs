use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[stream]
    fn item(&mut self) {}
}

fn main() {}
