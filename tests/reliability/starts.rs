//! Actors that start with a full mailbox.

use std::time::Duration;

use actor_runtime::{Actor as _, Client as _, Context, actor};

use crate::support::{Gate, Log, feed_of, gate, idle, soon, summary};

const START: u32 = 0;
const COMMAND: u32 = 1;

/// An actor with everything that a start can set up.
struct Slow {
    log: Log,
    gate: Option<Gate>,
}

#[actor(capacity = 1, event = u32)]
impl Slow {
    #[command(try)]
    pub(crate) fn note(&mut self, number: u32) {
        self.log.push(number);
    }

    #[on_start]
    async fn start(&mut self, ctx: &mut Context<Self>) -> Result<(), String> {
        ctx.emit(0);
        self.gate.take().ok_or("a second start")?.pass().await;
        self.log.push(START);
        Ok(())
    }

    #[every(Duration::from_secs(60), now)]
    fn tick(&mut self) {}

    #[stream(feed_of([1, 2, 3]))]
    fn item(&mut self, _number: u32) {}

    #[watch]
    pub(crate) fn count(&self) -> usize {
        self.log.len()
    }
}

#[tokio::test(start_paused = true)]
async fn row_27_a_start_needs_no_place_in_the_mailbox() {
    let log = Log::default();
    let (gate, mut key) = gate();
    let slow = Slow {
        log: log.clone(),
        gate: Some(gate),
    };
    let (client, handle) = slow.builder().spawn_with_handle();
    assert_eq!(client.capacity(), 1);
    client.try_note(COMMAND).unwrap();
    assert_eq!(client.capacity(), 0);
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.note(COMMAND).await }
    });
    key.entered().await;
    idle().await;
    assert!(log.numbers().is_empty());
    key.open();
    assert_eq!(soon(handle.started()).await, Ok(()));
    assert_eq!(soon(waiting).await.unwrap(), Ok(()));
    drop(client);
    let exit = soon(handle).await;
    assert_eq!(log.numbers(), [START, COMMAND, COMMAND]);
    assert_eq!(
        summary(&exit),
        "clients dropped: 2 handled, 0 refused, state"
    );
}
