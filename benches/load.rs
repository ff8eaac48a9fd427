//! Loads: what callers do to the actors of a contender.

use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::task::{JoinSet, yield_now};
use tokio_util::sync::CancellationToken;

use crate::contender::{Contender, KEYS, alive_tasks, ended};

/// What is done, as often as one likes.
#[derive(Clone, Copy)]
pub enum Load {
    /// Tasks that use running actors.
    Traffic {
        /// What the tasks do.
        operation: Operation,
        /// How many actors there are.
        actors: u32,
        /// How many tasks take part in the work; each has one actor.
        tasks: u32,
        /// Whose end stops an actor.
        tokens: Tokens,
    },
    /// Actors that are spawned and then left alone.
    Spawn,
    /// One actor after the other is spawned, called, stopped and waited for.
    Life,
}

/// What a task does to its actor.
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
    /// Each actor has one of its own.
    Own,
    /// All actors have the same.
    Shared,
}

/// [`run`] for one contender.
pub type Run = fn(&Runtime, Load, u32) -> Duration;

impl Load {
    /// How many operations take about a tenth of a second.
    pub fn operations(self) -> u32 {
        match self {
            Self::Traffic { .. } => 200_000,
            Self::Spawn => 20_000,
            Self::Life => 50_000,
        }
    }
}

/// Carries a load of so many operations, and says how long it took. Making the actors that the load
/// needs and ending them does not count.
///
/// # Panics
///
/// If a contender does.
pub fn run<C: Contender>(runtime: &Runtime, load: Load, operations: u32) -> Duration {
    // In a task of its own, since the future of `block_on` is no worker's.
    let carried = runtime.spawn(carry::<C>(load, operations));
    runtime.block_on(carried).expect("no contender panics")
}

/// [`run`] for one that brings its own kind of task.
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
        // So that every call finds something.
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
    // Answered when all casts have been handled.
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

/// Lets the actors run often enough that the runtime's queue does not grow, which would count as
/// their memory.
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
