use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[on_stop]
    fn close(&mut self, reason: String) {
        drop(reason);
    }
}

fn main() {}
