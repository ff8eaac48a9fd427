//! Parameters of a block under a `cfg`.

use actor_runtime::actor;

pub struct Cache<T>(T);

#[actor(event = T)]
impl<
    #[cfg(all())] T: Clone + PartialEq,
    #[cfg(any())] U: Clone,
    #[cfg(any())] const N: usize,
> Cache<T>
{
    pub async fn replace(&mut self, value: T) -> Option<T> {
        Some(std::mem::replace(&mut self.0, value))
    }

    #[watch]
    pub fn value(&self) -> T {
        self.0.clone()
    }
}

fn main() {}
