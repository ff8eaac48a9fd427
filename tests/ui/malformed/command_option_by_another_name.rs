use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(urgent)]
    pub fn get(&self) {}
}

fn main() {}
