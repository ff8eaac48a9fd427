//! Spans as `tracing_subscriber::fmt` writes them.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use actor_runtime::{Actor as _, Context, actor};
use tokio::sync::oneshot;
use tracing::dispatcher::{DefaultGuard, set_default};
use tracing::{Dispatch, Instrument as _, info, info_span};

/// The lines of a log.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// Writes down the events of this thread until the guard is dropped.
    fn start() -> (Self, DefaultGuard) {
        let lines = Self::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .without_time()
            .with_ansi(false)
            .with_target(false)
            .with_writer(move || writer.clone())
            .finish();
        (lines, set_default(&Dispatch::new(subscriber)))
    }

    fn all(&self) -> Vec<String> {
        let bytes = self.0.lock().unwrap();
        let text = std::str::from_utf8(&bytes).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Steps {
    left: u32,
    done: Option<oneshot::Sender<()>>,
}

#[actor]
impl Steps {
    pub(crate) fn left(&self) -> u32 {
        info!("counted");
        self.left
    }

    /// Casts to itself until nothing is left.
    #[command(try)]
    pub(crate) fn step(&mut self, ctx: &mut Context<Self>) {
        info!("stepped");
        self.left -= 1;
        if self.left > 0 {
            ctx.client().upgrade().unwrap().try_step().unwrap();
        } else if let Some(done) = self.done.take() {
            done.send(()).unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_names_the_request_of_a_call_and_no_line_grows() {
    let (lines, _guard) = Lines::start();
    let (done, is_done) = oneshot::channel();
    let steps = Steps {
        left: 16,
        done: Some(done),
    };
    let steps = steps.builder().name("a").spawn();
    async {
        steps.left().await.unwrap();
        steps.step().await.unwrap();
    }
    .instrument(info_span!("request", id = 7))
    .await;
    is_done.await.unwrap();
    let [call, step] = ["left", "step"].map(|method| {
        format!(r#"handle{{otel.name=steps.{method} actor="steps" name="a" method="{method}"}}"#)
    });
    let mut expected = vec![format!(" INFO request{{id=7}}:{call}: counted")];
    expected.extend((0..16).map(|_| format!(" INFO {step}: stepped")));
    assert_eq!(lines.all(), expected);
}
