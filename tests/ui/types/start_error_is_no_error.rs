use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[on_start]
    fn open(&mut self) -> Result<(), u8> {
        Err(1)
    }
}

fn main() {}
