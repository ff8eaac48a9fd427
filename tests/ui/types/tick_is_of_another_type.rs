use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[every(std::time::Duration::from_secs(1))]
    fn tick(&mut self, number: u64) {
        let _ = number;
    }
}

fn main() {}
