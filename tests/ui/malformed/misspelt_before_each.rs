use actor_runtime::actor;

pub struct Cache(u8);

#[actor]
impl Cache {
    pub fn get(&self) -> u8 {
        self.0
    }

    #[before_eech]
    fn begin(&mut self) {}
}

fn main() {}
