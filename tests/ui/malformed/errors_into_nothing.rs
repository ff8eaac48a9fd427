use actor_runtime::actor;

pub struct Cache;

#[actor(errors = into())]
impl Cache {
    pub fn get(&self) -> Result<u8, u8> {
        Ok(1)
    }
}

fn main() {}
