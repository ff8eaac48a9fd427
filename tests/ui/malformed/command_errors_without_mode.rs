use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(errors)]
    pub fn clear(&mut self) {}
}

fn main() {}
