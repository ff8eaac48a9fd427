use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(skip, errors = into)]
    pub fn clear(&mut self) {}
}

fn main() {}
