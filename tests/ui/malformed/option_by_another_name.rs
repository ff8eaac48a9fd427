use actor_runtime::actor;

pub struct Cache;

#[actor(mailbox = 8)]
impl Cache {
    pub fn get(&self) {}
}

fn main() {}
