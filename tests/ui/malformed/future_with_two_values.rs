use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[on(std::future::ready(()), if true, if false)]
    fn done(&mut self) {}
}

fn main() {}
