use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[on(std::future::ready(1).await)]
    fn done(&mut self, number: i32) {
        let _ = number;
    }
}

fn main() {}
