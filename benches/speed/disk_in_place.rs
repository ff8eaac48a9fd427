//! The disk of `../disk.rs`, whose calls may run in place.

use std::hint::black_box;

use actor_runtime::{Actor as _, CancellationToken, actor};
use benches::contender::{Contender, byte};
use benches::disk::{BLOCK, Block};

/// The block that was written last.
pub(crate) struct Disk(pub(crate) Block);

#[expect(
    clippy::large_types_passed_by_value,
    reason = "the size of the argument is what is measured"
)]
#[actor(in_place, errors = default)]
impl Disk {
    /// Writes a block, and returns its first byte.
    pub(crate) fn write(&mut self, block: Block) -> u8 {
        self.0 = block;
        block[0]
    }

    /// Writes a block.
    pub(crate) fn preset(&mut self, block: Block) {
        self.0 = block;
    }
}

impl Contender for DiskClient {
    async fn spawn(shutdown: CancellationToken) -> Self {
        Disk(BLOCK).spawn(shutdown)
    }

    async fn call(&self, i: usize) {
        black_box(self.write(black_box([byte(i); BLOCK.len()])).await);
    }

    async fn cast(&self, i: usize) {
        self.preset(black_box([byte(i); BLOCK.len()])).await;
    }
}
