use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(frobnicate)]
    pub fn get(&self) {}
}

fn main() {}
