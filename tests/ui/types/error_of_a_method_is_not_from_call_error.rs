use actor_runtime::actor;

pub struct Failure;

pub struct Cache;

#[actor]
impl Cache {
    #[command(errors = into)]
    pub async fn save(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    pub fn get(&self) -> Result<u8, Failure> {
        Ok(1)
    }
}

fn main() {}
