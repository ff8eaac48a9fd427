use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(skip)]
    pub const SIZE: usize = 8;
}

fn main() {}
