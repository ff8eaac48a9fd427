//! How large things are: commands, and the futures of clients and actors.

use actor_runtime::{Actor as _, channel};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{counter, handwritten_counter};

/// Bytes, by hand and by `#[actor]`.
pub struct Size {
    /// What has this size.
    pub name: &'static str,
    /// Of the reference.
    pub reference: usize,
    /// Of the actor.
    pub actor: usize,
}

/// All sizes.
pub fn sizes() -> [Size; 7] {
    let block = [0; 1024];
    let (sender, commands) = mpsc::channel(1);
    let reference = handwritten_counter::CounterClient { sender };
    let reference_run = handwritten_counter::Counter::default().run(commands, token());
    let (actor, _inbox) = channel::<counter::Counter>(1);
    let (_client, runner) = counter::Counter::default().builder().into_runner();
    let (sender, commands) = mpsc::channel(1);
    let reference_disk = by_hand::DiskClient { sender };
    let reference_disk_run = by_hand::Disk(block).run(commands, token());
    let (disk, _inbox) = channel::<by_macro::Disk>(1);
    let (_client, disk_runner) = by_macro::Disk(block).builder().into_runner();
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
            reference: size_of::<by_hand::DiskCommand>(),
            actor: size_of::<by_macro::DiskCommand>(),
        },
        Size {
            name: "1 KiB: future of a call",
            reference: size_of_val(&reference_disk.write(block)),
            actor: size_of_val(&disk.write(block)),
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

/// An actor whose command has 1 KiB, written by hand.
#[expect(clippy::large_types_passed_by_value, reason = "it is what is measured")]
mod by_hand {
    use tokio::sync::{mpsc, oneshot};
    use tokio_util::sync::CancellationToken;

    pub(super) struct Disk(pub(super) [u8; 1024]);

    pub(super) enum DiskCommand {
        Write {
            block: [u8; 1024],
            reply: oneshot::Sender<u8>,
        },
    }

    pub(super) struct DiskClient {
        pub(super) sender: mpsc::Sender<DiskCommand>,
    }

    impl DiskClient {
        pub(super) async fn write(&self, block: [u8; 1024]) -> u8 {
            let (reply, answer) = oneshot::channel();
            let _ = self.sender.send(DiskCommand::Write { block, reply }).await;
            answer.await.unwrap_or_default()
        }
    }

    impl Disk {
        pub(super) async fn run(
            mut self,
            mut commands: mpsc::Receiver<DiskCommand>,
            shutdown: CancellationToken,
        ) {
            loop {
                let command = tokio::select! {
                    () = shutdown.cancelled() => break,
                    command = commands.recv() => command,
                };
                let Some(command) = command else { break };
                self.handle(command);
            }
        }

        fn handle(&mut self, command: DiskCommand) {
            match command {
                DiskCommand::Write { block, reply } => {
                    self.0 = block;
                    let _ = reply.send(block[0]);
                }
            }
        }
    }
}

/// The same by `#[actor]`.
#[expect(clippy::large_types_passed_by_value, reason = "it is what is measured")]
mod by_macro {
    use actor_runtime::actor;

    pub(super) struct Disk(pub(super) [u8; 1024]);

    #[actor(on_stopped = default)]
    impl Disk {
        pub(super) fn write(&mut self, block: [u8; 1024]) -> u8 {
            self.0 = block;
            block[0]
        }
    }
}
