use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn set<'a>(&'a mut self, value: &'a str) {
        value.len();
    }
}

fn main() {}
