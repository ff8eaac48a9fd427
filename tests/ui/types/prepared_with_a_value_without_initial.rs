use actor_runtime::{actor, prepare};

pub struct Pool(usize);

#[actor]
impl Pool {
    #[watch(initial = 0)]
    pub fn free(&self) -> usize {
        self.0
    }

    #[watch]
    pub fn is_full(&self) -> bool {
        self.0 == 0
    }
}

fn main() {
    let _ = prepare::<Pool>(8);
}
