use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn set<S: Into<String>>(&mut self, value: S) {
        let _: String = value.into();
    }
}

fn main() {}
