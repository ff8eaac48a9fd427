//! The runtime crate under another name, the only one that the generated code uses.

pub mod facade {
    pub mod rt {
        pub use actor_runtime::__private;
        pub use actor_runtime::*;
    }
}

pub struct Cache;

#[facade::rt::actor(crate = crate::facade::rt, errors = default)]
impl Cache {
    #[command(try, blocking)]
    pub async fn get(&self, key: &str) -> Option<String> {
        Some(key.to_owned())
    }
}

pub struct Far;

#[facade::rt::actor(crate = crate::facade::rt, remote)]
impl Far {
    pub fn get(&self, key: &str) -> Option<String> {
        Some(key.to_owned())
    }
}

fn main() {
    let (cache, _inbox) = facade::rt::channel::<Cache>(1);
    drop(cache.get("key"));
}
