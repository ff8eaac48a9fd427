use actor_runtime::actor;

pub struct Cache;

#[actor(command = Handle, client = Handle)]
impl Cache {
    pub fn len(&self) -> usize {
        0
    }
}

fn main() {}
