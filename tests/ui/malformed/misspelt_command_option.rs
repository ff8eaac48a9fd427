use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(on_stoped = default)]
    pub fn get(&self) -> u8 {
        1
    }
}

fn main() {}
