//! The price of being seen: instructions per call and cast with the features `tracing` and `metrics`, counted by
//! callgrind.
//!
//! ```text
//! observed                              the table
//! observed --run BY OPERATION COUNT     one load
//! ```

mod callgrind;

use std::env;
use std::io;
use std::mem::forget;

use actor_runtime::{Actor as _, CancellationToken};
use benches::counter::Counter;
use benches::report::save;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::runtime::Builder;
use tracing::Dispatch;
use tracing::dispatcher::set_global_default;
use tracing_subscriber::registry::Registry;

/// Everybody who may look.
const BY: [&str; 4] = ["nobody", "a registry", "fmt", "prometheus"];
const OPERATIONS: [&str; 2] = ["call", "cast"];
const COUNT: u32 = 4_000;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [flag, by, operation, count] = arguments.as_slice()
        && flag == "--run"
    {
        look(by);
        return run(operation, count.parse().expect("a number of operations"));
    }
    if !callgrind::is_installed() {
        return println!("Instructions are not counted, because valgrind is not installed.");
    }
    let lines = OPERATIONS.map(|operation| {
        let cells = BY.map(|by| cost(by, operation).to_string());
        format!("| {operation} | {} |", cells.join(" | "))
    });
    let text = format!(
        "Instructions per operation with the features `tracing` and `metrics`, seen by\n\n|  | {} |\n|---|{}\n{}\n",
        BY.join(" | "),
        "---:|".repeat(BY.len()),
        lines.join("\n"),
    );
    print!("{text}");
    save("observed.md", &text);
}

/// Installs somebody who looks.
fn look(by: &str) {
    match by {
        "a registry" => {
            set_global_default(Dispatch::new(Registry::default())).expect("the only one");
        }
        "fmt" => {
            let subscriber = tracing_subscriber::fmt().with_writer(io::sink).finish();
            set_global_default(Dispatch::new(subscriber)).expect("the only one");
        }
        "prometheus" => forget(
            PrometheusBuilder::new()
                .install_recorder()
                .expect("the only one"),
        ),
        _ => {}
    }
}

fn run(operation: &str, count: u32) {
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let counter = Counter::default().spawn(CancellationToken::new());
        for _ in 0..count {
            match operation {
                "call" => drop(counter.fetch_add(1).await),
                _ => counter.add(1).await,
            }
        }
        counter.fetch_add(1).await;
    });
}

/// Returns the instructions of one more operation.
fn cost(by: &str, operation: &str) -> u64 {
    let of = |count: u32| callgrind::instructions(&["--run", by, operation, &count.to_string()]);
    (of(2 * COUNT) - of(COUNT)) / u64::from(COUNT)
}
