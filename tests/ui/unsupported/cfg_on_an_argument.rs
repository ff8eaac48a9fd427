use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn set(&mut self, #[cfg(unix)] mode: u32) {
        let _ = mode;
    }
}

fn main() {}
