use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn set(&mut self, pair: (&str, u8)) {
        pair.0.len();
    }
}

fn main() {}
