use actor_runtime::actor;

pub struct Cache(Vec<u8>);

#[actor]
impl Cache {
    #[command(last)]
    pub fn into_values(self: Box<Self>) -> Vec<u8> {
        self.0
    }
}

fn main() {}
