use actor_runtime::remote::receive;
use actor_runtime::{actor, channel};

struct Cache;

#[actor]
impl Cache {
    pub fn len(&self) -> usize {
        0
    }
}

fn main() {
    let (client, _inbox) = channel::<Cache>(1);
    drop(receive(&client, "len", b"{}"));
}
