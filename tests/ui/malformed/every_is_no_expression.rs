use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[every(1 second)]
    fn tick(&mut self) {}
}

fn main() {}
