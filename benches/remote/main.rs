//! The time that a call to another process takes: over `actor-nats`, as a plain request of NATS to that same process,
//! and over tarpc, which has a TCP connection of its own.
//!
//! Rounds are interleaved, so that other load on the machine meets all contenders. The ratios are medians over rounds.

use std::collections::HashMap;
use std::env;
use std::error::Error;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actor_nats::{Remote, serve};
use actor_runtime::{Actor as _, CancellationToken, actor};
use futures_util::StreamExt as _;
use serde_json::json;
use tarpc::context;
use tarpc::serde_transport::tcp;
use tarpc::server::{BaseChannel, Channel as _};
use tarpc::tokio_serde::formats::Json;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::task::JoinSet;
use tokio::time::sleep;

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Numbers of concurrent callers, each with its number of calls in a round.
const LOADS: [(usize, usize); 2] = [(1, 3000), (64, 300)];

/// The actor that all contenders call.
#[derive(Default)]
struct Cache {
    store: HashMap<String, String>,
}

#[actor(remote)]
impl Cache {
    pub(crate) fn get(&self, key: &str) -> Option<String> {
        self.store.get(key).cloned()
    }

    pub(crate) fn set(&mut self, key: String, value: String) {
        self.store.insert(key, value);
    }
}

/// The actor as a service of tarpc.
#[tarpc::service]
trait Store {
    async fn get(key: String) -> Option<String>;
}

#[derive(Clone)]
struct Served(CacheClient);

impl Store for Served {
    async fn get(self, _: context::Context, key: String) -> Option<String> {
        self.0.get(&key).await.expect("the actor lives")
    }
}

#[derive(Clone)]
enum Contender {
    Raw(async_nats::Client),
    Remote(CacheClient),
    Tarpc(StoreClient),
}

impl Contender {
    fn name(&self) -> &'static str {
        match self {
            Self::Raw(_) => "NATS request",
            Self::Remote(_) => "actor-nats",
            Self::Tarpc(_) => "tarpc",
        }
    }

    async fn get(&self, key: &str) -> Result<Option<String>> {
        Ok(match self {
            Self::Raw(nats) => {
                let arguments = serde_json::to_vec(&json!({ "key": key }))?;
                let answer = nats.request("cache.get", arguments.into()).await?;
                serde_json::from_slice(&answer.payload)?
            }
            Self::Remote(cache) => cache.get(key).await?,
            Self::Tarpc(store) => store.get(context::current(), key.to_owned()).await?,
        })
    }
}

/// One contender in one round.
struct Measured {
    p50: Duration,
    p99: Duration,
    per_second: f64,
}

async fn measure(contender: &Contender, callers: usize, calls: usize) -> Result<Measured> {
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..callers {
        let contender = contender.clone();
        tasks.spawn(async move {
            let mut times = Vec::with_capacity(calls);
            for _ in 0..calls {
                let start = Instant::now();
                let value = contender.get("answer").await?;
                times.push(start.elapsed());
                assert_eq!(value.as_deref(), Some("42"));
            }
            Result::Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(of_one) = tasks.join_next().await {
        times.extend(of_one??);
    }
    let elapsed = start.elapsed();
    times.sort_unstable();
    Ok(Measured {
        p50: times[times.len() / 2],
        p99: times[times.len() * 99 / 100],
        per_second: f64::from(u32::try_from(times.len())?) / elapsed.as_secs_f64(),
    })
}

/// The process that is called.
async fn served(url: &str) -> Result {
    let cache = Cache::default().spawn(CancellationToken::new());
    cache.set("answer".into(), "42".into()).await?;
    let nats = async_nats::connect(url).await?;
    let served = serve(&nats, "cache", &cache)
        .spawn(CancellationToken::new())
        .await?;
    let mut connections = tcp::listen("127.0.0.1:0", Json::default).await?;
    println!("{}", connections.local_addr());
    std::io::stdout().flush()?;
    tokio::spawn(async move {
        while let Some(Ok(connection)) = connections.next().await {
            let requests =
                BaseChannel::with_defaults(connection).execute(Served(cache.clone()).serve());
            tokio::spawn(requests.for_each(async |request| {
                tokio::spawn(request);
            }));
        }
    });
    served.ended().await;
    Ok(())
}

/// A nats-server on a free port, and its URL.
async fn nats_server() -> Result<(tokio::process::Child, String)> {
    let directory = env::temp_dir().join(format!("benches-remote-{}", std::process::id()));
    std::fs::create_dir_all(&directory)?;
    let process =
        tokio::process::Command::new(env::var_os("NATS_SERVER").unwrap_or("nats-server".into()))
            .args(["-a", "127.0.0.1", "-p", "-1", "--ports_file_dir"])
            .arg(&directory)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
    let id = process.id().ok_or("nats-server has ended")?;
    let file = directory.join(format!("nats-server_{id}.ports"));
    loop {
        let ports: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(&file).unwrap_or_default())
                .unwrap_or_default();
        if let Some(url) = ports["nats"][0].as_str() {
            std::fs::remove_dir_all(&directory)?;
            return Ok((process, url.to_owned()));
        }
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result {
    let argument = env::args().nth(1);
    if argument.as_deref() == Some("serve") {
        return served(&env::args().nth(2).ok_or("no URL")?).await;
    }
    let rounds: usize = argument.map_or(Ok(15), |rounds| rounds.parse())?;
    let (nats_server, url) = nats_server().await?;
    let mut process = tokio::process::Command::new(env::current_exe()?)
        .args(["serve", &url])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let output = process.stdout.take().ok_or("no output")?;
    let address = BufReader::new(output)
        .lines()
        .next_line()
        .await?
        .ok_or("no address")?;

    let nats = async_nats::connect(&url).await?;
    let link = async_nats::connect(&url).await?;
    let cache: CacheClient = Remote::new(&link, "cache").spawn(CancellationToken::new());
    let connection = tcp::connect(address, Json::default).await?;
    let store = StoreClient::new(tarpc::client::Config::default(), connection).spawn();
    let contenders = [
        Contender::Raw(nats),
        Contender::Remote(cache),
        Contender::Tarpc(store),
    ];

    let version = Command::new(env::var_os("NATS_SERVER").unwrap_or("nats-server".into()))
        .arg("-v")
        .output()?;
    println!("{}", String::from_utf8_lossy(&version.stdout).trim());
    println!("{rounds} interleaved rounds; medians over the rounds\n");
    println!(
        "| callers | contender | p50, µs | p99, µs | calls/s | p50 over the request's | throughput over the request's |"
    );
    println!("|---:|---|---:|---:|---:|---:|---:|");
    for (callers, calls) in LOADS {
        let mut all: Vec<Vec<Measured>> = contenders.iter().map(|_| Vec::new()).collect();
        for round in 0..=rounds {
            for (contender, measured) in contenders.iter().zip(&mut all) {
                let one = measure(contender, callers, calls).await?;
                // The first round warms up.
                if round > 0 {
                    measured.push(one);
                }
            }
        }
        let all = Arc::new(all);
        for (contender, measured) in contenders.iter().zip(all.iter()) {
            let median = |figure: &dyn Fn(&Measured, &Measured) -> f64| {
                let mut figures: Vec<f64> = measured
                    .iter()
                    .zip(&all[0])
                    .map(|(it, raw)| figure(it, raw))
                    .collect();
                figures.sort_by(f64::total_cmp);
                figures[figures.len() / 2]
            };
            println!(
                "| {callers} | {} | {:.0} | {:.0} | {:.0} | {:.2} | {:.2} |",
                contender.name(),
                median(&|it, _| it.p50.as_secs_f64() * 1e6),
                median(&|it, _| it.p99.as_secs_f64() * 1e6),
                median(&|it, _| it.per_second),
                median(&|it, raw| it.p50.as_secs_f64() / raw.p50.as_secs_f64()),
                median(&|it, raw| it.per_second / raw.per_second),
            );
        }
    }
    drop(nats_server);
    Ok(())
}
