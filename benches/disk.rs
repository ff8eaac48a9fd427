//! The disk of `handwritten_disk.rs`, by `#[actor]`.

use actor_runtime::actor;

/// A large argument.
pub type Block = [u8; 1024];

/// A block of zeros.
pub const BLOCK: Block = [0; 1024];

/// The block that was written last.
pub struct Disk(pub(crate) Block);

#[actor(errors = default)]
impl Disk {
    /// Writes a block, and returns its first byte.
    pub fn write(&mut self, block: Block) -> u8 {
        self.0 = block;
        block[0]
    }

    /// Writes a block.
    pub fn preset(&mut self, block: Block) {
        self.0 = block;
    }
}
