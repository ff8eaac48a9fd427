use std::borrow::Cow;

use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn set(&mut self, value: Cow<'_, str>) {
        value.len();
    }
}

fn main() {}
