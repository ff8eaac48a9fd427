//! Actors without commands.

use actor_runtime::actor;

pub struct Public;

#[actor]
impl Public {}

struct Private;

#[actor]
impl Private {}

pub struct Generic<T>(T);

#[actor]
impl<T> Generic<T> {}

pub struct Skipped;

#[actor]
impl Skipped {
    #[command(skip)]
    pub fn get(&self) -> &Self {
        self
    }
}

pub struct Disabled;

#[actor]
#[cfg(any())]
impl Disabled {
    pub fn get(&self) {}
}

pub struct DisabledMethods;

#[actor]
impl DisabledMethods {
    #[cfg(any())]
    pub fn get(&self, x: DoesNotExist) {}
}

pub fn main() {
    let _ = (
        Private,
        PublicClient::clone,
        GenericClient::clone,
        Skipped.get(),
    );
    let _ = DisabledMethodsClient::clone;
}
