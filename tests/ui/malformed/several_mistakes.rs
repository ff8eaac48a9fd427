use actor_runtime::actor;

pub struct Cache;

#[actor(size = 8, errors = panic, client = Handle)]
impl Cache {
    #[command(retry, ack)]
    pub fn set(&mut self, key: &mut str, values: Vec<&str>) -> &str {
        drop((key, values));
        ""
    }

    #[command(skip, try)]
    pub fn clear(&mut self) {}

    pub fn clone(&self) -> u8 {
        0
    }

    pub fn len(&self) -> usize {
        0
    }
}

fn main() {
    let _ = Handle::len;
}
