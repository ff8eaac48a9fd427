use actor_runtime::actor;

pub struct Store<T>(Vec<T>);

#[actor]
impl<T: Clone> Store<T> {
    pub fn put(&mut self, item: T::Item) {
        drop(item);
    }

    pub async fn get(&mut self, index: usize) -> Option<T> {
        self.0.get(index).cloned()
    }
}

fn main() {}
