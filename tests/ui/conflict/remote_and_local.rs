use actor_runtime::actor;

struct Cache;

#[actor(local, remote)]
impl Cache {
    pub fn len(&self, _key: std::rc::Rc<str>) -> usize {
        0
    }
}

fn main() {}
