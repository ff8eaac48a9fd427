use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(skip_cancelled)]
    pub fn clear(&mut self) {}
}

fn main() {}
