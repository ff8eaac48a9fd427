use actor_runtime::actor;

pub struct Cache<T>(T);

#[actor]
impl<T> From<T> for Cache<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

fn main() {}
