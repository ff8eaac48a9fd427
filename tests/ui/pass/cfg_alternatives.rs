//! One command in two versions, of which one is present.

use actor_runtime::actor;

pub struct Cache;

#[actor(errors = default)]
impl Cache {
    #[cfg(all())]
    #[command(try)]
    pub fn get(&self, key: &str) -> usize {
        key.len()
    }

    #[cfg(any())]
    #[command(blocking)]
    pub fn get(
        &self,
        key: DoesNotExist,
        context: &mut actor_runtime::Context<Self>,
    ) -> NeitherDoesThis {
        context.stop();
    }

    #[cfg(any())]
    pub async fn gone(&self, key: DoesNotExist) {}

    #[cfg_attr(all(), cfg(any()), doc = "Never there.")]
    pub fn never(&self, key: DoesNotExist) {}
}

pub fn main() {
    let (cache, _inbox) = actor_runtime::channel::<Cache>(1);
    drop(cache.get("key"));
    drop(cache.try_get("key"));
}
