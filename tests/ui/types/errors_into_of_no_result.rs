use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(errors = into)]
    pub fn get(&self) -> Option<u8> {
        None
    }
}

fn main() {}
