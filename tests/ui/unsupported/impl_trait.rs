use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn set(&mut self, value: impl ToString) {
        value.to_string();
    }
}

fn main() {}
