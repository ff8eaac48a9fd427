use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[cfg_attr(unix, on_start)]
    fn open(&mut self) {}
}

fn main() {}
