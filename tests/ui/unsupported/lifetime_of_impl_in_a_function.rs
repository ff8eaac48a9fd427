use actor_runtime::actor;

pub struct Cache<'a>(&'a str);

#[actor]
impl<'a> Cache<'a> {
    pub fn set(&mut self, load: fn(&'a str) -> u8) {
        load(self.0);
    }
}

fn main() {}
