//! A counter written by hand, with a shutdown token and without.

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const CAPACITY: usize = 64;

/// A number.
#[derive(Default)]
pub struct Counter {
    value: u64,
}

pub(crate) enum CounterCommand {
    FetchAdd {
        amount: u64,
        reply: oneshot::Sender<u64>,
    },
    Add {
        amount: u64,
    },
}

/// A client of a [`Counter`] actor.
#[derive(Clone)]
pub struct CounterClient {
    pub(crate) sender: mpsc::Sender<CounterCommand>,
}

impl CounterClient {
    /// Adds `amount`, and returns the previous number.
    pub async fn fetch_add(&self, amount: u64) -> u64 {
        let (reply, answer) = oneshot::channel();
        let command = CounterCommand::FetchAdd { amount, reply };
        let _ = self.sender.send(command).await;
        answer.await.unwrap_or_default()
    }

    /// Adds `amount`.
    pub async fn add(&self, amount: u64) {
        let _ = self.sender.send(CounterCommand::Add { amount }).await;
    }
}

impl Counter {
    /// Starts the actor. It runs until `shutdown` is cancelled or the last client is dropped.
    pub fn spawn(self, shutdown: CancellationToken) -> (CounterClient, JoinHandle<()>) {
        let (sender, commands) = mpsc::channel(CAPACITY);
        let handle = tokio::spawn(self.run(commands, shutdown));
        (CounterClient { sender }, handle)
    }

    /// Starts the actor. It runs until the last client is dropped.
    pub fn spawn_without_shutdown(self) -> (CounterClient, JoinHandle<()>) {
        let (sender, commands) = mpsc::channel(CAPACITY);
        let handle = tokio::spawn(self.run_without_shutdown(commands));
        (CounterClient { sender }, handle)
    }

    pub(crate) async fn run(
        mut self,
        mut commands: mpsc::Receiver<CounterCommand>,
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

    async fn run_without_shutdown(mut self, mut commands: mpsc::Receiver<CounterCommand>) {
        while let Some(command) = commands.recv().await {
            self.handle(command);
        }
    }

    fn handle(&mut self, command: CounterCommand) {
        match command {
            CounterCommand::FetchAdd { amount, reply } => {
                let _ = reply.send(self.value);
                self.value = self.value.wrapping_add(amount);
            }
            CounterCommand::Add { amount } => self.value = self.value.wrapping_add(amount),
        }
    }
}
