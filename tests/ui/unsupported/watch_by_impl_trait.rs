use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[watch]
    pub fn name(&self) -> impl Clone {
        ""
    }
}

fn main() {}
