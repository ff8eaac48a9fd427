use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn run(&mut self) -> ! {
        loop {}
    }
}

fn main() {}
