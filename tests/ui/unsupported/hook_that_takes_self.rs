use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[on_stop]
    fn close(self) {}
}

fn main() {}
