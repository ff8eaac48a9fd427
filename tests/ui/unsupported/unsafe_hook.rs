use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[on_start]
    unsafe fn open(&mut self) {}
}

fn main() {}
