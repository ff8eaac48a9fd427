use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn size(&self) -> _ {
        0
    }

    pub fn set(&mut self, values: Vec<_>) {}
}

fn main() {}
