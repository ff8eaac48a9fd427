use actor_runtime::actor;

pub struct Cache {
    is_open: bool,
}

#[actor]
impl Cache {
    #[on(std::future::ready(()), self.is_open)]
    fn done(&mut self) {}
}

fn main() {}
