use actor_runtime::actor;

pub struct Cache<'a>(&'a str);

#[actor]
impl Cache<'_> {
    pub fn get(&self) -> Option<Self> {
        Some(Cache(self.0))
    }

    pub fn set(&mut self, other: Self) {
        self.0 = other.0;
    }
}

fn main() {}
