use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[on_stop]
    fn close(&mut self) {}

    #[on_stop]
    fn disconnect(&mut self) {}
}

fn main() {}
