use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[on(std::future::ready(""))]
    fn done<'a>(&'a mut self, text: &'a str) {
        let _ = text;
    }
}

fn main() {}
