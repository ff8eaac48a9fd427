use actor_runtime::actor;

pub struct Cache<'a>(&'a str);

#[actor]
impl<'a> Cache<'a> {
    pub fn set(&mut self, value: &'a str) {
        self.0 = value;
    }
}

fn main() {}
