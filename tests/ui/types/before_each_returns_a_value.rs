use actor_runtime::actor;

pub struct Cache(u8);

#[actor]
impl Cache {
    pub fn get(&self) -> u8 {
        self.0
    }

    #[before_each]
    fn begin(&mut self) -> bool {
        true
    }
}

fn main() {}
