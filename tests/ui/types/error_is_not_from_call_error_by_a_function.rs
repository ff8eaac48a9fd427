use actor_runtime::{CallError, actor};

pub struct Cache;

pub struct Failure;

fn failure(_: CallError) -> u8 {
    1
}

#[actor(errors = into(failure))]
impl Cache {
    pub fn get(&self) -> Result<u8, Failure> {
        Err(Failure)
    }
}

fn main() {}
