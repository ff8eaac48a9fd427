//! The loads that callers put on the actors of a contender.

use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::task::{JoinSet, yield_now};
use tokio_util::sync::CancellationToken;

use crate::contender::{Contender, KEYS, alive_tasks, ended};

/// A kind of work, which can be repeated any number of times.
#[derive(Clone, Copy)]
pub enum Load {
    /// Tasks that use running actors.
    Traffic {
        /// The operation of each task.
        operation: Operation,
        /// The number of actors.
        actors: u32,
        /// The number of tasks that share the work. Each one uses one actor.
        tasks: u32,
        /// The tokens that stop the actors.
        tokens: Tokens,
    },
    /// Actors that are spawned and stay idle.
    Spawn,
    /// Actors that are spawned, called, stopped and waited for, one after the other.
    Life,
}

/// An operation of a task on its actor.
#[derive(Clone, Copy)]
pub enum Operation {
    /// Sends a command and waits for the answer.
    Call,
    /// Sends a command.
    Cast,
    /// Four calls, then a cast.
    Mix,
}

/// The shutdown tokens of many actors.
#[derive(Clone, Copy)]
pub enum Tokens {
    /// Each actor has its own token.
    Own,
    /// All actors share one token.
    Shared,
}

/// [`run`] for one contender.
pub type Run = fn(&Runtime, Load, u32) -> Duration;

impl Load {
    /// Returns the number of operations that take about a tenth of a second.
    pub fn operations(self) -> u32 {
        match self {
            Self::Traffic { .. } => 200_000,
            Self::Spawn => 20_000,
            Self::Life => 50_000,
        }
    }
}

/// Runs `operations` of a load, and returns how long they took. The time to make the actors of the load and to end
/// them does not count.
///
/// # Panics
///
/// Panics if a contender panics.
pub fn run<C: Contender>(runtime: &Runtime, load: Load, operations: u32) -> Duration {
    // In a task, since the future of `block_on` does not run on a worker.
    let carried = runtime.spawn(carry::<C>(load, operations));
    runtime.block_on(carried).expect("no contender panics")
}

/// Carries the traffic of one caller in the future of `block_on`, as [`run`] does in tasks. The future of
/// `#[tokio::main]` is one.
pub fn block_on<C: Contender>(runtime: &Runtime, _load: Load, operations: u32) -> Duration {
    runtime.block_on(async {
        let client = C::spawn(CancellationToken::new()).await;
        let start = Instant::now();
        use_actor(client, Operation::Call, operations).await;
        let time = start.elapsed();
        ended(0).await;
        time
    })
}

/// Runs a load, as [`run`] does, for a contender that brings its own kind of task.
pub async fn carry<C: Contender>(load: Load, operations: u32) -> Duration {
    let tasks_before = alive_tasks();
    let time = match load {
        Load::Traffic {
            operation,
            actors,
            tasks,
            tokens,
        } => {
            let clients = clients::<C>(actors, tokens).await;
            traffic(&clients, operation, tasks, operations).await
        }
        Load::Spawn => spawn::<C>(operations).await,
        Load::Life => life::<C>(operations).await,
    };
    ended(tasks_before).await;
    time
}

async fn clients<C: Contender>(actors: u32, tokens: Tokens) -> Vec<C> {
    let shared = CancellationToken::new();
    let mut clients = Vec::new();
    for _ in 0..actors {
        let client = C::spawn(match tokens {
            Tokens::Own => CancellationToken::new(),
            Tokens::Shared => shared.clone(),
        })
        .await;
        // Every call finds a value.
        for i in 0..KEYS.len() {
            client.cast(i).await;
        }
        client.call(0).await;
        clients.push(client);
    }
    clients
}

async fn traffic<C: Contender>(
    clients: &[C],
    operation: Operation,
    tasks: u32,
    operations: u32,
) -> Duration {
    let start = Instant::now();
    let mut callers = JoinSet::new();
    for (task, client) in (0..tasks).zip(clients.iter().cycle()) {
        let share = operations / tasks + u32::from(task < operations % tasks);
        C::spawn_caller(&mut callers, use_actor(client.clone(), operation, share));
    }
    callers.join_all().await;
    start.elapsed()
}

async fn use_actor<C: Contender>(client: C, operation: Operation, operations: u32) {
    for i in 0..operations as usize {
        match operation {
            Operation::Mix if i % 5 == 4 => client.cast(i).await,
            Operation::Call | Operation::Mix => client.call(i).await,
            Operation::Cast => client.cast(i).await,
        }
    }
    // The actor answers when it has handled all casts.
    client.call(0).await;
}

async fn spawn<C: Contender>(actors: u32) -> Duration {
    let shutdown = CancellationToken::new();
    let mut clients = Vec::with_capacity(actors as usize);
    let start = Instant::now();
    for i in 0..actors {
        clients.push(C::spawn(shutdown.clone()).await);
        let_run(i).await;
    }
    let time = start.elapsed();
    for i in 0..actors {
        clients.pop();
        let_run(i).await;
    }
    time
}

/// Lets the actors run often enough that the runtime's queue does not grow. Its growth would count as their memory.
async fn let_run(i: u32) {
    if i % 32 == 31 {
        yield_now().await;
    }
}

async fn life<C: Contender>(actors: u32) -> Duration {
    let start = Instant::now();
    for i in 0..actors as usize {
        let shutdown = CancellationToken::new();
        let (client, handle) = C::spawn_with_handle(shutdown.clone()).await;
        client.call(i).await;
        shutdown.cancel();
        drop(client);
        handle.await;
    }
    start.elapsed()
}
