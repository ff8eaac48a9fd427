//! The actor that is served in most tests, and its service.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actor_nats::{Remote, Served, Server, serve};
use actor_runtime::{Actor as _, CancellationToken, Reply, actor};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use crate::harness::{NatsServer, PATIENCE, TestResult};
use crate::processes::say;

/// Does everything that can happen to a command.
#[derive(Clone)]
pub(crate) struct Probe {
    log: Log,
    gate: Arc<Semaphore>,
    fence: u64,
}

#[actor(remote)]
impl Probe {
    pub(crate) fn append(&mut self, number: u64) -> usize {
        self.log.append(number);
        self.log.numbers().len()
    }

    pub(crate) fn note(&mut self, number: u64) {
        self.log.append(number);
    }

    /// Appends the number, then waits for a permit of the gate.
    pub(crate) async fn pass(&mut self, number: u64) -> u64 {
        self.log.append(number);
        let permit = self.gate.acquire().await.expect("the gate stays");
        permit.forget();
        number
    }

    pub(crate) async fn sleep(&mut self, milliseconds: u64) {
        say("sleeps");
        sleep(Duration::from_millis(milliseconds)).await;
    }

    pub(crate) fn repeat(&self, text: &str, times: usize) -> String {
        text.repeat(times)
    }

    pub(crate) fn length(&self, text: Option<&str>) -> Option<usize> {
        text.map(str::len)
    }

    pub(crate) fn divide(&self, number: f64, by: f64) -> f64 {
        number / by
    }

    pub(crate) fn panic(&mut self) {
        panic!("a panic of a test");
    }

    /// Answers from a task.
    pub(crate) fn defer(&self, number: u64, reply: Reply<u64>) {
        tokio::spawn(async move { reply.send(number) });
    }

    pub(crate) fn forget(&self, reply: Reply<u64>) {
        drop(reply);
    }

    pub(crate) fn fence(&self) -> u64 {
        self.fence
    }

    pub(crate) fn fail(&self) -> Result<u64, String> {
        Err("an error of the method".to_owned())
    }
}

/// The numbers that have run, in their order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u64>>>);

impl Log {
    fn append(&self, number: u64) {
        let mut numbers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        numbers.push(number);
    }

    pub(crate) fn numbers(&self) -> Vec<u64> {
        let numbers = self.0.lock();
        numbers.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until a number has run.
    pub(crate) async fn until(&self, number: u64) -> TestResult {
        until(|| self.numbers().contains(&number)).await
    }
}

/// Waits until something is true.
pub(crate) async fn until(is_true: impl Fn() -> bool) -> TestResult {
    let look = async {
        while !is_true() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    Ok(timeout(PATIENCE, look).await?)
}

impl Probe {
    pub(crate) fn new() -> Self {
        Self::with_fence(0)
    }

    pub(crate) fn with_fence(fence: u64) -> Self {
        Self {
            log: Log::default(),
            gate: Arc::new(Semaphore::new(0)),
            fence,
        }
    }
}

/// A probe that is served over a nats-server, each side with a connection of its own.
pub(crate) struct Service {
    /// Calls the probe over NATS.
    pub(crate) probe: ProbeClient,
    /// Calls it without NATS.
    pub(crate) local: ProbeClient,
    pub(crate) log: Log,
    pub(crate) gate: Arc<Semaphore>,
    pub(crate) served: Served,
    /// Ends the serving.
    pub(crate) end: CancellationToken,
    /// The connection of the link.
    pub(crate) nats: async_nats::Client,
    /// The connection of the probe's server.
    pub(crate) owner: async_nats::Client,
    // Dropped last.
    pub(crate) server: NatsServer,
}

impl Service {
    pub(crate) async fn start() -> TestResult<Option<Self>> {
        Self::start_with(|server| server).await
    }

    /// Starts a service with these settings of its server.
    pub(crate) async fn start_with(
        set: impl FnOnce(Server<ProbeClient>) -> Server<ProbeClient>,
    ) -> TestResult<Option<Self>> {
        let Some(server) = NatsServer::start_with("").await? else {
            return Ok(None);
        };
        let probe = Probe::new();
        let (log, gate) = (probe.log.clone(), probe.gate.clone());
        let local = probe.spawn(CancellationToken::new());
        let end = CancellationToken::new();
        let owner = server.connect().await?;
        let served = set(serve(&owner, "probe", &local))
            .spawn(end.clone())
            .await?;
        let nats = server.connect().await?;
        let probe = link(&nats).spawn(CancellationToken::new());
        Ok(Some(Self {
            probe,
            local,
            log,
            gate,
            served,
            end,
            nats,
            owner,
            server,
        }))
    }
}

/// A link to a probe.
pub(crate) fn link(nats: &async_nats::Client) -> Remote<ProbeClient> {
    Remote::new(nats, "probe").timeout(Duration::from_secs(20))
}
