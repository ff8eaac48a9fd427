//! An actor whose commands take 1 KiB, written by hand.

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::disk::Block;

/// The block that was written last.
pub struct Disk(pub(crate) Block);

pub(crate) enum DiskCommand {
    Write {
        block: Block,
        reply: oneshot::Sender<u8>,
    },
    Preset {
        block: Block,
    },
}

/// A client of a [`Disk`] actor.
#[derive(Clone)]
pub struct DiskClient {
    pub(crate) sender: mpsc::Sender<DiskCommand>,
}

impl DiskClient {
    /// Writes a block, and returns its first byte.
    pub async fn write(&self, block: Block) -> u8 {
        let (reply, answer) = oneshot::channel();
        let _ = self.sender.send(DiskCommand::Write { block, reply }).await;
        answer.await.unwrap_or_default()
    }

    /// Writes a block.
    pub async fn preset(&self, block: Block) {
        let _ = self.sender.send(DiskCommand::Preset { block }).await;
    }
}

impl Disk {
    /// Starts the actor. It runs until `shutdown` is cancelled or the last client is dropped.
    pub fn spawn(self, shutdown: CancellationToken) -> DiskClient {
        let (sender, commands) = mpsc::channel(64);
        tokio::spawn(self.run(commands, shutdown));
        DiskClient { sender }
    }

    pub(crate) async fn run(
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
            DiskCommand::Preset { block } => self.0 = block,
        }
    }
}
