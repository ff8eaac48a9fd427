use actor_runtime::actor;

struct Cache;

#[actor(in_place)]
impl Cache {
    pub fn len(&self) -> usize {
        0
    }

    #[at(None)]
    fn expire(&mut self) {}
}

fn main() {}
