use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[stream(std::iter::empty::<u8>(), std::iter::empty::<u8>())]
    fn item(&mut self) {}
}

fn main() {}
