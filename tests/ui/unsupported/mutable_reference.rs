use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn fill(&self, buffer: &mut Vec<u8>) {
        buffer.clear();
    }
}

fn main() {}
