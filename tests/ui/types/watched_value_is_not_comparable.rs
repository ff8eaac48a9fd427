use actor_runtime::actor;

#[derive(Clone)]
pub struct Health;

pub struct Cache;

#[actor]
impl Cache {
    #[watch]
    pub fn health(&self) -> Health {
        Health
    }
}

fn main() {}
