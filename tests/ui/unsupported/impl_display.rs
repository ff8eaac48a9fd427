use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn print(&self, value: impl std::fmt::Display) {
        println!("{value}");
    }
}

fn main() {}
