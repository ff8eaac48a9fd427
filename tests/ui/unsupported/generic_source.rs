use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[on(std::future::ready(1))]
    fn done<T>(&mut self, number: T) {
        drop(number);
    }
}

fn main() {}
