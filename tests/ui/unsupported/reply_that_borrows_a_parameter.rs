use actor_runtime::actor;

pub struct Cache<T>(Vec<T>);

#[actor]
impl<T> Cache<T> {
    pub fn get<'a>(&'a self, position: usize) -> Option<&'a T> {
        self.0.get(position)
    }

    pub fn first<N: Into<usize>>(&self, after: N) -> Result<&T, N> {
        self.0.first().ok_or(after)
    }

    pub fn all(&self) -> &[T] {
        &self.0
    }

    #[watch]
    pub fn last(&self) -> Option<&T> {
        self.0.last()
    }
}

fn main() {}
