use actor_runtime::actor;

pub struct Cache(u8);

#[actor]
impl Cache {
    pub fn get(&self) -> u8 {
        self.0
    }

    #[after_each]
    fn one(&mut self) {}

    #[after_each]
    fn two(&mut self) {}
}

fn main() {}
