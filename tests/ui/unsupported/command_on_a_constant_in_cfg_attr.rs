use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[cfg_attr(unix, command(skip))]
    pub const SIZE: usize = 1;
}

fn main() {}
