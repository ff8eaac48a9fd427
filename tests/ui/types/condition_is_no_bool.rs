use actor_runtime::actor;

pub struct Cache(Option<u8>);

#[actor]
impl Cache {
    #[on(std::future::ready(()), if self.0)]
    fn done(&mut self) {}
}

fn main() {}
