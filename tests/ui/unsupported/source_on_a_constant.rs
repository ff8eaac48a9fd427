use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[every(std::time::Duration::from_secs(1))]
    const TICK: u8 = 1;
}

fn main() {}
