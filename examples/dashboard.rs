//! A shop whose actors can be watched in a browser, under load: one is slow, one fails and is restarted, two wait for
//! each other, and one can be jammed with a button.
//!
//! ```text
//! cargo run -p examples --example dashboard
//! open http://127.0.0.1:3000/actors
//! ```

use std::convert::Infallible;
use std::env;
use std::io;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};
use std::time::Duration;

use actor_runtime::{
    Actor as _, CallError, CancellationToken, Context, Monitor, Notice, Stream, Subscription,
    Supervisor, actor,
};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, Sse};
use axum::response::{Html, Redirect};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::time::{interval, sleep};

/// The time between two snapshots.
const PERIOD: Duration = Duration::from_millis(250);

/// Takes snapshots, each of which goes to all browsers.
struct Board {
    monitor: Monitor,
}

#[actor(event = String)]
impl Board {
    #[every(PERIOD)]
    fn look(&mut self, ctx: &mut Context<Self>) -> Result<(), serde_json::Error> {
        ctx.emit(serde_json::to_string(&self.monitor.snapshot())?);
        Ok(())
    }
}

/// The snapshots as server-sent events. They end with the board.
struct Snapshots(Subscription<String>);

impl Stream for Snapshots {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match ready!(Pin::new(&mut self.0).poll_next(cx)) {
                Some(Notice::Event(snapshot)) => {
                    return Poll::Ready(Some(Ok(Event::default().data(snapshot))));
                }
                // The next snapshot has everything that a slow browser has missed.
                Some(Notice::Missed(_)) => {}
                None => return Poll::Ready(None),
            }
        }
    }
}

/// Takes orders.
pub struct Checkout {
    stock: StockClient,
    mailer: MailerClient,
    printer: PrinterClient,
}

#[actor]
impl Checkout {
    /// Reserves the goods, and tells the mailer and the printer.
    pub async fn order(&mut self, number: u64) -> Result<(), CallError> {
        self.stock.reserve(number).await??;
        // Nobody waits for a mail or a label. If there are too many, some are lost.
        let _ = self.mailer.try_send();
        let _ = self.printer.try_print();
        Ok(())
    }
}

/// Asks for prices while it counts goods.
pub struct Stock {
    pricing: PricingClient,
}

#[actor(capacity = 16)]
impl Stock {
    /// Reserves goods, and returns their price.
    pub async fn reserve(&mut self, number: u64) -> Result<u64, CallError> {
        sleep(Duration::from_millis(8)).await;
        match self.pricing.quote(number).await {
            // The two have called each other. The stock, whose call would close the circle, goes on.
            Err(CallError::Deadlock(_)) => Ok(number),
            price => price,
        }
    }

    /// Returns the number of goods.
    pub async fn level(&self) -> u64 {
        sleep(Duration::from_millis(40)).await;
        100
    }
}

/// Asks for the level of the stock while it makes prices.
pub struct Pricing {
    stock: StockClient,
    level: u64,
}

#[actor(capacity = 16)]
impl Pricing {
    /// Returns the price of goods.
    pub async fn quote(&self, number: u64) -> u64 {
        sleep(Duration::from_millis(30)).await;
        number % 7 * self.level
    }

    #[every(Duration::from_millis(70))]
    async fn refresh(&mut self) {
        if let Ok(level) = self.stock.level().await {
            self.level = level;
        }
    }
}

/// Takes its time.
pub struct Mailer;

#[actor(capacity = 64)]
impl Mailer {
    /// Sends a mail.
    #[command(try)]
    pub async fn send(&mut self) {
        sleep(Duration::from_millis(120)).await;
    }
}

/// Trusts its input.
pub struct Importer;

#[actor]
impl Importer {
    /// Imports a row.
    ///
    /// # Panics
    ///
    /// If the row is not a number.
    pub async fn import(&mut self, row: &str) -> u64 {
        sleep(Duration::from_millis(20)).await;
        let number = row.parse();
        number.unwrap_or_else(|_| panic!("`{row}` is no number"))
    }
}

/// Prints labels, unless it is jammed.
pub struct Printer {
    jam: tokio::sync::watch::Receiver<bool>,
}

#[actor(capacity = 32)]
impl Printer {
    /// Prints a label.
    #[command(try)]
    pub async fn print(&mut self) {
        sleep(Duration::from_millis(10)).await;
        // An error says that nobody can jam the printer any longer.
        let _ = self.jam.wait_for(|is_jammed| !is_jammed).await;
    }
}

/// The shop with everything that the pages need.
#[derive(Clone)]
pub struct Shop {
    board: BoardClient,
    jam: tokio::sync::watch::Sender<bool>,
}

impl Shop {
    /// Opens the shop, which customers visit until `shutdown` is cancelled.
    pub fn open(shutdown: &CancellationToken) -> Self {
        let monitor = Monitor::new();
        let (jam, is_jammed) = tokio::sync::watch::channel(false);
        let mailer = Mailer.builder().monitor(&monitor).spawn();
        let printer = Printer { jam: is_jammed }
            .builder()
            .monitor(&monitor)
            .spawn();
        let (pricing, prepared) = actor_runtime::prepare::<Pricing>(16);
        let stock = Stock { pricing }.builder().monitor(&monitor).spawn();
        let pricing = Pricing {
            stock: stock.clone(),
            level: 100,
        };
        prepared.builder(pricing).monitor(&monitor).spawn();
        for region in ["eu", "us"] {
            let checkout = Checkout {
                stock: stock.clone(),
                mailer: mailer.clone(),
                printer: printer.clone(),
            };
            let checkout = checkout.builder().name(region).monitor(&monitor).spawn();
            tokio::spawn(shutdown.clone().run_until_cancelled_owned(visit(checkout)));
        }
        let importer = Supervisor::new(|| Importer)
            .restarts(usize::MAX, Duration::from_secs(60))
            .backoff(Duration::from_millis(500), Duration::from_secs(2))
            .monitor(&monitor)
            .spawn();
        tokio::spawn(shutdown.clone().run_until_cancelled_owned(feed(importer)));
        let board = Board { monitor }
            .builder()
            .shutdown(shutdown.clone())
            .spawn();
        Self { board, jam }
    }
}

/// Orders with breaks, so that the queues grow and shrink.
async fn visit(checkout: CheckoutClient) {
    let mut number = 0;
    loop {
        for _ in 0..60 {
            number += 1;
            // A lost order is the customer's problem.
            let _ = checkout.order(number).await;
            sleep(Duration::from_millis(30)).await;
        }
        sleep(Duration::from_secs(6)).await;
    }
}

/// Imports rows, of which one in a hundred is broken.
async fn feed(importer: ImporterClient) {
    let mut rows = interval(Duration::from_millis(50));
    for number in 1.. {
        rows.tick().await;
        let row = if number % 100 == 0 { "?" } else { "42" };
        // A row that was lost is not imported again.
        let _ = importer.import(row).await;
    }
}

/// Routes the page, its events, and its button.
pub fn router(shop: Shop) -> Router {
    Router::new()
        .route("/", get(async || Redirect::to("/actors")))
        .route(
            "/actors",
            get(async || Html(include_str!("dashboard.html"))),
        )
        .route("/actors/events", get(events))
        .route("/printer/jam", post(jam))
        .route("/printer/clear", post(clear))
        .with_state(shop)
}

async fn events(State(shop): State<Shop>) -> Sse<Snapshots> {
    Sse::new(Snapshots(shop.board.subscribe()))
}

async fn jam(State(shop): State<Shop>) -> StatusCode {
    shop.jam.send_replace(true);
    StatusCode::NO_CONTENT
}

async fn clear(State(shop): State<Shop>) -> StatusCode {
    shop.jam.send_replace(false);
    StatusCode::NO_CONTENT
}

/// Serves the shop at the address in the first argument until ctrl-c.
#[tokio::main]
async fn main() -> io::Result<()> {
    let address = env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:3000")).await?;
    let shutdown = CancellationToken::new();
    let shop = Shop::open(&shutdown);
    println!("listening on http://{}/actors", listener.local_addr()?);
    axum::serve(listener, router(shop))
        .with_graceful_shutdown(async move {
            // Without a signal the service runs until it is killed.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
            // The events end, and with them the requests of browsers.
            shutdown.cancel();
        })
        .await?;
    println!("the shop is closed");
    Ok(())
}
