use actor_runtime::actor;

macro_rules! helper {
    () => {};
}

pub struct Cache;

#[actor]
impl Cache {
    #[command(skip)]
    helper!();
}

fn main() {}
