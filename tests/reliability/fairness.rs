//! Busy actors that give others their turn.

use std::time::Duration;

use actor_runtime::{Actor as _, CancellationToken, Context, actor};
use tokio::task::yield_now;
use tokio::time::{Instant, advance, sleep};

use crate::support::{Always, Log, held_worker, soon};

const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);

const COMMAND: u32 = 0;
const ITEM: u32 = 1;
const TICK: u32 = 2;

/// An actor whose stream always has an item. A fifth of a millisecond passes in each of its turns, except in ticks.
struct Busy {
    turns: Log,
    left: u32,
}

#[actor(capacity = 1000)]
impl Busy {
    #[command(try)]
    pub(crate) async fn step(&mut self, ctx: &mut Context<Self>) {
        self.turn(COMMAND).await;
        self.left -= 1;
        if self.left == 0 {
            ctx.stop();
        }
    }

    #[stream(Always)]
    async fn item(&mut self) {
        self.turn(ITEM).await;
    }

    #[every(MILLISECOND)]
    fn tick(&mut self) {
        self.turns.push(TICK);
    }
}

impl Busy {
    async fn turn(&mut self, who: u32) {
        assert!(self.turns.len() < 100_000, "commands have no turn");
        advance(MILLISECOND / 5).await;
        self.turns.push(who);
    }
}

/// Five turns pass from one tick to the next. A tick that is due, or an item, waits for at most eight commands and one
/// turn of the other source. A command waits for one turn of each source.
#[tokio::test(start_paused = true)]
async fn row_14_a_full_mailbox_a_busy_stream_and_a_timer_take_turns() {
    let turns = Log::default();
    let (busy, handle) = Busy {
        turns: turns.clone(),
        left: 1000,
    }
    .spawn_with_handle(CancellationToken::new());
    for _ in 0..1000 {
        busy.try_step().unwrap();
    }
    assert_eq!(soon(handle).await.handled, 1000);
    let turns = turns.numbers();
    for (who, longest) in [(COMMAND, 2), (ITEM, 8 + 1), (TICK, 5 + 8 + 1)] {
        let waits = turns.split(|&turn| turn == who).map(<[u32]>::len);
        assert!(waits.max() <= Some(longest), "{who} waits too long");
    }
}

/// On a single thread, with commands whose methods never wait.
#[tokio::test(start_paused = true)]
async fn row_15_other_tasks_run_while_a_mailbox_is_full() {
    /// The operations that tokio allows a task before others have their turn.
    const BUDGET: usize = 128;
    let commands = 5000;
    let (worker, key) = held_worker(usize::MAX).await;
    for number in 0..commands {
        worker.client.try_note(number).unwrap();
    }
    key.open();
    let (mut seen, mut longest) = (0, 0);
    while seen < commands as usize {
        yield_now().await;
        longest = longest.max(worker.log.len() - seen);
        seen = worker.log.len();
    }
    // Of two tasks that yield, one may run twice in a row.
    assert!(longest <= 2 * BUDGET, "{longest} commands without a break");
}

/// An actor that notes when its timer ticks, in milliseconds since the start.
struct Clock {
    start: Instant,
    ticks: Log,
}

#[actor]
impl Clock {
    pub(crate) async fn work(&mut self, time: Duration) {
        sleep(time).await;
    }

    #[every(SECOND)]
    fn tick(&mut self) {
        let now = self.start.elapsed().as_millis();
        self.ticks.push(u32::try_from(now).unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn row_29_a_tick_that_was_missed_comes_late_and_the_others_after_it() {
    let ticks = Log::default();
    let clock = Clock {
        start: Instant::now(),
        ticks: ticks.clone(),
    };
    let client = clock.spawn(CancellationToken::new());
    sleep(Duration::from_millis(500)).await;
    client.work(Duration::from_millis(3600)).await.unwrap();
    sleep(6 * SECOND).await;
    assert_eq!(ticks.numbers(), [4100, 5100, 6100]);
}
