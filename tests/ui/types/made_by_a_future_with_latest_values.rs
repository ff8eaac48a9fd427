use actor_runtime::{Supervisor, actor};

pub struct Pool(usize);

#[actor]
impl Pool {
    #[watch]
    pub fn free(&self) -> usize {
        self.0
    }
}

fn main() {
    let pool = Supervisor::try_new(|| async { Ok::<_, String>(Pool(8)) });
    let _ = pool.spawn();
}
