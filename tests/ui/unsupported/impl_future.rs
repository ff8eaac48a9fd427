use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn load(&self) -> impl Future<Output = u8> + use<> {
        async { 1 }
    }
}

fn main() {}
