use actor_runtime::actor;

pub struct Guard<'a>(&'a str);

pub struct Cache(String);

#[actor]
impl Cache {
    pub fn get(&self) -> Guard {
        Guard(&self.0)
    }
}

fn main() {}
