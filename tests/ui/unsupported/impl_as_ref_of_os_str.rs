use actor_runtime::actor;

pub struct Cache;

#[actor]
impl Cache {
    pub fn open(&self, name: impl AsRef<std::ffi::OsStr>) {
        name.as_ref();
    }
}

fn main() {}
