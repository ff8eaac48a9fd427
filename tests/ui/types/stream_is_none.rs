use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    #[stream(vec![1, 2].into_iter())]
    fn item(&mut self, number: i32) {
        let _ = number;
    }
}

fn main() {}
