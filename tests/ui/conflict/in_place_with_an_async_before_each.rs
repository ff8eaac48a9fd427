use actor_runtime::actor;

pub struct Cache(u8);

#[actor(in_place)]
impl Cache {
    pub fn get(&self) -> u8 {
        self.0
    }

    #[before_each]
    async fn begin(&mut self) {}
}

fn main() {}
