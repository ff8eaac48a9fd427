use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[every]
    fn tick(&mut self) {}
}

fn main() {}
