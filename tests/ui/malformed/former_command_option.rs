use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(on_stopped = into)]
    pub fn get(&self) -> u8 {
        1
    }
}

fn main() {}
