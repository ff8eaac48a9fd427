use actor_runtime::actor;

pub struct Cache<T>(T);

#[actor]
impl<T> Cache<T> {
    pub unsafe fn clone<U>(&self, value: T) -> T {
        value
    }
}

fn main() {}
