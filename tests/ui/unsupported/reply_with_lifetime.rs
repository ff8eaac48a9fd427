use std::borrow::Cow;

use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn get(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }
}

fn main() {}
