//! The sizes of commands, and of the futures of clients and actors.

use actor_runtime::{Actor as _, channel};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::disk::BLOCK;
use crate::{counter, disk, handwritten_counter, handwritten_disk};

/// A size in bytes, by hand and by `#[actor]`.
pub struct Size {
    /// The name of the thing.
    pub name: &'static str,
    /// The size in the reference.
    pub reference: usize,
    /// The size in the actor.
    pub actor: usize,
}

/// Returns all sizes.
pub fn sizes() -> [Size; 7] {
    let (sender, commands) = mpsc::channel(1);
    let reference = handwritten_counter::CounterClient { sender };
    let reference_run = handwritten_counter::Counter::default().run(commands, token());
    let (actor, _inbox) = channel::<counter::Counter>(1);
    let (_client, runner) = counter::Counter::default().builder().into_runner();
    let (sender, commands) = mpsc::channel(1);
    let reference_disk = handwritten_disk::DiskClient { sender };
    let reference_disk_run = handwritten_disk::Disk(BLOCK).run(commands, token());
    let (own_disk, _inbox) = channel::<disk::Disk>(1);
    let (_client, disk_runner) = disk::Disk(BLOCK).builder().into_runner();
    [
        Size {
            name: "counter: command",
            reference: size_of::<handwritten_counter::CounterCommand>(),
            actor: size_of::<counter::CounterCommand>(),
        },
        Size {
            name: "counter: future of a call",
            reference: size_of_val(&reference.fetch_add(1)),
            actor: size_of_val(&actor.fetch_add(1)),
        },
        Size {
            name: "counter: future of a cast",
            reference: size_of_val(&reference.add(1)),
            actor: size_of_val(&actor.add(1)),
        },
        Size {
            name: "counter: future of the actor",
            reference: size_of_val(&reference_run),
            actor: size_of_val(&runner.run()),
        },
        Size {
            name: "1 KiB: command",
            reference: size_of::<handwritten_disk::DiskCommand>(),
            actor: size_of::<disk::DiskCommand>(),
        },
        Size {
            name: "1 KiB: future of a call",
            reference: size_of_val(&reference_disk.write(BLOCK)),
            actor: size_of_val(&own_disk.write(BLOCK)),
        },
        Size {
            name: "1 KiB: future of the actor, its state included",
            reference: size_of_val(&reference_disk_run),
            actor: size_of_val(&disk_runner.run()),
        },
    ]
}

fn token() -> CancellationToken {
    CancellationToken::new()
}
