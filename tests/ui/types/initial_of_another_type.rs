use actor_runtime::actor;

pub struct Pool(usize);

#[actor]
impl Pool {
    #[watch(initial = "none")]
    pub fn free(&self) -> usize {
        self.0
    }
}

fn main() {}
