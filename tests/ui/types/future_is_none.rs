use actor_runtime::actor;

pub struct Cache(u8);

#[actor]
impl Cache {
    #[on(self.0)]
    fn done(&mut self) {}
}

fn main() {}
