use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn fill(&self, buffer: Option<&mut Vec<u8>>) {
        let _ = buffer;
    }
}

fn main() {}
