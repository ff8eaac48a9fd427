use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(errors = into)]
    pub fn set(&mut self) {}
}

fn main() {}
