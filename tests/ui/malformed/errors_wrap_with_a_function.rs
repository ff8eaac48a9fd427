use actor_runtime::actor;

pub struct Cache;

#[actor(errors = wrap(u8::from))]
impl Cache {
    pub fn get(&self) -> Result<u8, u8> {
        Ok(1)
    }
}

fn main() {}
