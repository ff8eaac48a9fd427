use actor_runtime::{actor, prepare};

pub struct Pool(usize);

#[actor]
impl Pool {
    #[watch]
    pub fn free(&self) -> usize {
        self.0
    }
}

fn main() {
    let _ = prepare::<Pool>(8);
}
