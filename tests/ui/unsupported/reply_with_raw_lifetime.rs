use actor_runtime::actor;

pub struct Cache<'a>(&'a str);

#[actor]
impl<'r#a> Cache<'a> {
    pub fn get(&self) -> &'r#a str {
        self.0
    }
}

fn main() {}
