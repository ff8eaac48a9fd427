//! `#[on(pattern = future)]`: outputs that do not match, and closed channels.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use actor_runtime::{Actor as _, CancellationToken, Context, actor};
use tokio::sync::mpsc::{self, Receiver, UnboundedReceiver};
use tokio::time::sleep;

const A_WHILE: Duration = Duration::from_secs(1);

enum Update {
    Price { item: String, price: u32 },
    Heartbeat,
}

struct Market {
    updates: UnboundedReceiver<Update>,
    is_open: bool,
    prices: Vec<(String, u32)>,
}

#[actor]
impl Market {
    pub(crate) fn prices(&self) -> Vec<(String, u32)> {
        self.prices.clone()
    }

    pub(crate) fn open(&mut self) {
        self.is_open = true;
    }

    #[on(Some(Update::Price { item, price }) = self.updates.recv(), if self.is_open)]
    fn price(&mut self, price: u32, ctx: &mut Context<Self>, item: String) {
        if price == 0 {
            ctx.stop();
        }
        self.prices.push((item, price));
    }
}

fn market(is_open: bool) -> (mpsc::UnboundedSender<Update>, Market) {
    let (feed, updates) = mpsc::unbounded_channel();
    let market = Market {
        updates,
        is_open,
        prices: Vec::new(),
    };
    (feed, market)
}

fn price(item: &str, price: u32) -> Update {
    let item = item.to_owned();
    Update::Price { item, price }
}

#[tokio::test(start_paused = true)]
async fn the_method_gets_the_parts_that_it_names() {
    let (feed, market) = market(true);
    let market = market.spawn(CancellationToken::new());
    for update in [Update::Heartbeat, price("tea", 3), Update::Heartbeat] {
        feed.send(update).ok().unwrap();
    }
    sleep(A_WHILE).await;
    assert_eq!(market.prices().await.unwrap(), [("tea".to_owned(), 3)]);
}

#[tokio::test(start_paused = true)]
async fn a_pattern_may_have_a_condition() {
    let (feed, market) = market(false);
    let market = market.spawn(CancellationToken::new());
    feed.send(price("tea", 3)).ok().unwrap();
    sleep(A_WHILE).await;
    assert_eq!(market.prices().await.unwrap(), []);
    market.open().await.unwrap();
    sleep(A_WHILE).await;
    assert_eq!(market.prices().await.unwrap().len(), 1);
}

/// Nothing else wakes the loop.
#[tokio::test(start_paused = true)]
async fn an_output_behind_many_others_is_found() {
    let (feed, market) = market(true);
    for _ in 0..1000 {
        feed.send(Update::Heartbeat).ok().unwrap();
    }
    feed.send(price("tea", 0)).ok().unwrap();
    let (_market, handle) = market.spawn_with_handle(CancellationToken::new());
    let exit = handle.await;
    assert_eq!(exit.state.unwrap().prices.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_output_that_comes_later_wakes_the_loop() {
    let (feed, market) = market(true);
    let (_market, handle) = market.spawn_with_handle(CancellationToken::new());
    for _ in 0..20 {
        sleep(A_WHILE).await;
        feed.send(Update::Heartbeat).ok().unwrap();
    }
    sleep(A_WHILE).await;
    feed.send(price("tea", 0)).ok().unwrap();
    assert_eq!(handle.await.state.unwrap().prices.len(), 1);
}

struct Reader {
    lines: Receiver<String>,
    made: Arc<AtomicUsize>,
    read: Vec<String>,
}

#[actor]
impl Reader {
    pub(crate) fn read(&self) -> Vec<String> {
        self.read.clone()
    }

    #[on(Some(line) = next(&mut self.lines, &self.made))]
    fn line(&mut self, line: String) {
        self.read.push(line);
    }
}

async fn next(lines: &mut Receiver<String>, made: &AtomicUsize) -> Option<String> {
    made.fetch_add(1, Relaxed);
    lines.recv().await
}

/// With a loop that always turns, the paused time would stand still.
#[tokio::test(start_paused = true)]
async fn a_closed_channel_is_not_ready() {
    let (feed, lines) = mpsc::channel(8);
    let made = Arc::default();
    let reader = Reader {
        lines,
        made: Arc::clone(&made),
        read: Vec::new(),
    };
    let reader = reader.spawn(CancellationToken::new());
    feed.send("four".to_owned()).await.unwrap();
    drop(feed);
    sleep(A_WHILE).await;
    assert_eq!(reader.read().await.unwrap(), ["four"]);
    sleep(A_WHILE).await;
    let before = made.load(Relaxed);
    assert!((8_192..8_300).contains(&before), "{before} futures");
    sleep(A_WHILE).await;
    assert_eq!(made.load(Relaxed), before);
    // Each turn asks a few times.
    reader.read().await.unwrap();
    sleep(A_WHILE).await;
    assert!(made.load(Relaxed) <= before + 16);
}
