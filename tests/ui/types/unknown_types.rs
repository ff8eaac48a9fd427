use actor_runtime::actor;

pub struct Cache;

#[actor(event = Arc<Evicted>)]
impl Cache {
    pub fn get(&self, key: &Key) -> Option<Value> {
        todo!()
    }

    pub async fn load(&mut self, keys: Vec<Name>) -> Result<Length, Missing> {
        todo!()
    }
}

fn main() {}
