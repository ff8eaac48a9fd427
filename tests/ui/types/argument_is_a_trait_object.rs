use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn set(&mut self, value: dyn ToString) {
        let _ = value;
    }
}

fn main() {}
