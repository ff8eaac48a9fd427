use actor_runtime::actor;

pub struct Pool<const N: usize> {
    taken: usize,
}

#[actor]
impl<const N: usize> Pool<N> {
    const NONE: usize = 0;

    pub fn take(&mut self) {
        self.taken += 1;
    }

    /// The number of places that are taken.
    #[watch(initial = Self::NONE)]
    pub fn taken(&self) -> usize {
        self.taken
    }

    #[watch(initial = None)]
    pub fn free(&self) -> Option<usize> {
        N.checked_sub(self.taken)
    }
}

fn main() {}
