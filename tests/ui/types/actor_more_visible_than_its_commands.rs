use actor_runtime::actor;

pub struct Counter {
    value: u64,
}

#[actor]
impl Counter {
    pub(crate) fn get(&self) -> u64 {
        self.value
    }
}

fn main() {}
