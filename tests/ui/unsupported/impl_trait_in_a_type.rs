use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn set(&mut self, values: Vec<impl ToString>) {
        values.len();
    }
}

fn main() {}
