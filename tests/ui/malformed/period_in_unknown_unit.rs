use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[every(minutes = 5)]
    fn tick(&mut self) {}
}

fn main() {}
