use actor_runtime::actor;

pub struct Cache<T>(T);

#[actor]
impl<T: PartialEq> Cache<T> {
    #[watch]
    pub fn value(&self) -> Option<T> {
        None
    }
}

fn main() {}
