use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[on(std::future::ready((1, 2)))]
    fn done(&mut self, one: u8, two: u8) {
        let _ = one + two;
    }
}

fn main() {}
