use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(on_stopped)]
    pub fn clear(&mut self) {}
}

fn main() {}
