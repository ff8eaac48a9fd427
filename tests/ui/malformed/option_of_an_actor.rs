use actor_runtime::actor;

struct Counter;

#[actor]
impl Counter {
    #[command(capacity = 8)]
    pub fn get(&self) -> u32 {
        1
    }
}

fn main() {}
