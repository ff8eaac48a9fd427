use actor_runtime::actor;

type Result = std::result::Result<(), Box<dyn std::error::Error>>;

pub struct Cache;

#[actor]
impl Cache {
    #[on_start]
    async fn open(&mut self) -> Result {
        Ok(())
    }
}

fn main() {}
