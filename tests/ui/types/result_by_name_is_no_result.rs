use actor_runtime::actor;

pub struct Index;

pub struct SearchResult;

#[actor(errors = into)]
impl Index {
    pub fn search(&self) -> SearchResult {
        SearchResult
    }

    pub fn len(&self) -> usize {
        0
    }
}

fn main() {}
