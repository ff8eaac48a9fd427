use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[on_start]
    fn open(&mut self, name: String) {
        drop(name);
    }
}

fn main() {}
