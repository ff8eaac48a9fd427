//! The counter of `counter.rs`, whose calls may run in place.

use actor_runtime::actor;

/// A number.
#[derive(Default)]
pub struct Counter {
    value: u64,
}

#[actor(in_place, errors = default)]
impl Counter {
    /// Adds `amount`, and returns the previous number.
    pub fn fetch_add(&mut self, amount: u64) -> u64 {
        let before = self.value;
        self.value = before.wrapping_add(amount);
        before
    }

    /// Adds `amount`.
    pub fn add(&mut self, amount: u64) {
        self.value = self.value.wrapping_add(amount);
    }
}
