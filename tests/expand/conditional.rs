use actor_runtime::actor;

pub struct Index<T, U> {
    entries: Vec<T>,
    others: Vec<U>,
}

// No method that is sure to be compiled names `U`.
#[actor]
impl<T: Clone, U> Index<T, U> {
    pub fn add(&mut self, entry: &T, #[cfg(windows)] other: U, #[cfg(unix)] mode: Option<&str>) {
        #[cfg(unix)]
        let _ = mode;
        #[cfg(windows)]
        self.others.push(other);
        self.entries.push(entry.clone());
    }

    #[cfg(windows)]
    pub fn others(&mut self) -> Vec<U> {
        std::mem::take(&mut self.others)
    }
}

fn main() {}
