use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(skip, on_stopped = into)]
    pub fn clear(&mut self) {}
}

fn main() {}
