use actor_runtime::actor;

pub struct Cache;

pub struct Failure;

#[actor(errors = into)]
impl Cache {
    pub fn get(&self) -> Result<u8, Failure> {
        Err(Failure)
    }
}

fn main() {}
