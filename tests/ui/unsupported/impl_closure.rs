use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn each(&self, visit: impl FnMut(u8) + Send) {
        [1].into_iter().for_each(visit);
    }
}

fn main() {}
