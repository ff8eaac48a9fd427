use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[command(errors = into(|_| 1))]
    pub fn get(&self) -> Result<u8, u8> {
        Ok(1)
    }
}

fn main() {}
