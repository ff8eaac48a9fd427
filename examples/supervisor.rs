//! A spooler for a printer that is sometimes off. The spooler has a bug, and a supervisor restarts
//! it. Callers notice nothing except a delay. Only the caller who triggers the bug gets an error.
//!
//! ```text
//! cargo run -p examples --example supervisor
//! ```

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actor_runtime::{CallError, ExitReason, Supervisor, actor};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};

/// The printer, which the spooler does not control.
#[derive(Default)]
struct Printer {
    is_on: AtomicBool,
    pages: Mutex<Vec<String>>,
}

impl Printer {
    async fn connect(&self) -> Result<(), &'static str> {
        // A real printer would be a socket.
        yield_now().await;
        let is_on = self.is_on.load(Ordering::Relaxed);
        is_on.then_some(()).ok_or("the printer is off")
    }

    fn print(&self, text: &str) {
        self.pages.lock().unwrap().push(text.to_owned());
    }
}

/// The actor that prints one document after the other.
pub struct Spooler {
    printer: Arc<Printer>,
}

#[actor]
impl Spooler {
    /// Prints `text`, and returns the average length of its lines.
    pub fn print(&mut self, text: &str) -> usize {
        // The bug: not every document has lines.
        let average = text.len() / text.lines().count();
        self.printer.print(text);
        average
    }

    /// Connects to the printer. Documents are queued in the meantime.
    #[on_start]
    async fn connect(&mut self) -> Result<(), &'static str> {
        self.printer.connect().await
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<(), Box<dyn Error>> {
    let printer = Arc::new(Printer::default());
    let failures = Arc::new(Mutex::new(Vec::new()));
    let (for_spooler, told) = (printer.clone(), failures.clone());
    let (spooler, handle) = Supervisor::new(move || Spooler {
        printer: for_spooler.clone(),
    })
    .backoff(Duration::from_millis(100), Duration::from_secs(5))
    .on_restart(move |exit| {
        println!("restarted: {exit}");
        told.lock().unwrap().push(exit.reason);
    })
    .spawn_with_handle();

    // The printer is off, and the documents wait. The second one has no lines.
    let start = Instant::now();
    let documents = ["a letter", "", "a bill\nof three\nlines"].map(|text| {
        let spooler = spooler.clone();
        tokio::spawn(async move { spooler.print(text).await })
    });
    sleep(Duration::from_secs(3)).await;
    assert!(failures.lock().unwrap().len() >= 4);
    printer.is_on.store(true, Ordering::Relaxed);
    handle.started().await?;

    let [letter, nothing, bill] = documents;
    assert_eq!(letter.await?, Ok(8));
    assert_eq!(nothing.await?, Err(CallError::Panicked));
    assert_eq!(bill.await?, Ok(7));
    println!("printed after {:?}", start.elapsed());
    let pages = printer.pages.lock().unwrap().clone();
    assert_eq!(pages, ["a letter", "a bill\nof three\nlines"]);

    // No failure is lost: the last one is the bug, and the others came from the printer.
    let mut failures = std::mem::take(&mut *failures.lock().unwrap());
    assert!(matches!(failures.pop(), Some(ExitReason::Panicked(_))));
    let is_start = |reason: &ExitReason| matches!(reason, ExitReason::StartFailed(_));
    assert!(failures.iter().all(is_start));

    // A supervised actor ends like any other.
    drop(spooler);
    let exit = handle.await;
    println!("the spooler ended: {exit}");
    assert!(matches!(exit.reason, ExitReason::ClientsDropped));
    assert_eq!(exit.handled, 1);
    Ok(())
}
