//! Spans over the hop: the caller's context is sent, and the served method runs in the span that is made of it.

use std::sync::{Arc, Mutex};

use actor_nats::{Remote, serve};
use actor_runtime::{Actor as _, CancellationToken, actor};
use tracing::{Instrument as _, dispatcher, info_span, subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::registry::LookupSpan as _;

use crate::harness::{NatsServer, TestResult};

struct Scout;

#[actor(remote)]
impl Scout {
    pub(crate) fn path(&self) -> String {
        path()
    }
}

/// Returns the name of the current span, of the span around it, and so on.
fn path() -> String {
    let path = dispatcher::get_default(|dispatch| {
        let current = dispatch.current_span();
        let registry = dispatch.downcast_ref::<Registry>()?;
        let names = registry.span(current.id()?)?.scope();
        Some(names.map(|span| span.name()).collect::<Vec<_>>())
    });
    path.unwrap_or_default().join(" in ")
}

#[tokio::test]
async fn a_call_has_one_trace_in_both_processes() -> TestResult {
    let Some(server) = NatsServer::start_with("").await? else {
        return Ok(());
    };
    let _subscriber = subscriber::set_default(Registry::default());
    let received = Arc::new(Mutex::new(String::new()));
    let scout = Scout.spawn(CancellationToken::new());
    let service = serve(&server.connect().await?, "scout", &scout).span({
        let received = received.clone();
        move |headers| {
            let sent = headers.and_then(|headers| headers.get("path"));
            *received.lock().unwrap() = sent.map(ToString::to_string).unwrap_or_default();
            info_span!("remote")
        }
    });
    service.spawn(CancellationToken::new()).await?;

    let link = Remote::<ScoutClient>::new(&server.connect().await?, "scout");
    let link = link.headers(|headers| headers.insert("path", path()));
    let remote = link.spawn(CancellationToken::new());
    let call = remote.path().instrument(info_span!("request"));
    assert_eq!(call.await?, "handle in remote");
    assert_eq!(*received.lock().unwrap(), "handle in request");
    Ok(())
}
