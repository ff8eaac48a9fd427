use actor_runtime::actor;

pub struct Cache(Vec<u8>);

#[actor]
impl Cache {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    #[command(last, batch = 10)]
    pub fn into_values(self) -> Vec<u8> {
        self.0
    }
}

fn main() {}
