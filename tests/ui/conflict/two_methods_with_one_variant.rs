use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn get_all(&self) {}

    #[allow(non_snake_case)]
    pub fn getAll(&self) {}
}

fn main() {}
