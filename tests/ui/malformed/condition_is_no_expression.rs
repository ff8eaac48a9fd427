use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[on(std::future::ready(()), if open now)]
    fn done(&mut self) {}
}

fn main() {}
