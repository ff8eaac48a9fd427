use actor_runtime::actor;

struct Counter;

#[actor(priority)]
impl Counter {
    pub fn get(&self) -> u32 {
        1
    }
}

fn main() {}
