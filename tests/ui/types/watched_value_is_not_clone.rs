use actor_runtime::actor;

#[derive(PartialEq)]
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
