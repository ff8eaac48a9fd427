use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[on(std::future::ready(1_u8))]
    fn done(&mut self, text: String) {
        drop(text);
    }
}

fn main() {}
