use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(erors = default)]
    pub fn get(&self) -> u8 {
        1
    }
}

fn main() {}
