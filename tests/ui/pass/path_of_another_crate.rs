//! A `Path` that is not the one in the standard library, written with its module.

use actor_runtime::actor;

pub mod storage {
    #[derive(Clone, Debug)]
    pub struct Path(pub String);
}

pub struct Store {
    last: Option<storage::Path>,
}

#[actor(try, blocking)]
impl Store {
    pub fn put(&mut self, to: &storage::Path) {
        self.last = Some(to.clone());
    }

    pub fn list(&self, prefix: Option<&storage::Path>, file: &std::path::Path) -> Vec<String> {
        let _ = (prefix, file);
        Vec::new()
    }

    pub fn copy(&mut self, all: &[storage::Path], to: &self::storage::Path) -> usize {
        self.last = Some(to.clone());
        all.len()
    }
}

fn main() {}
