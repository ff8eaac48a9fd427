use actor_runtime::actor;

pub trait Cache {}

#[actor]
impl dyn Cache {
    pub fn len(&self) -> usize {
        0
    }
}

fn main() {}
