//! Connections that are lost while calls are under way.

use std::time::{Duration, Instant};

use actor_runtime::{Actor as _, CallError, CancellationToken, Client as _, ExitReason, Why};
use async_nats::Client;
use async_nats::connection::State;
use futures_util::future::join_all;
use tokio::time::timeout;

use crate::harness::{PATIENCE, TestResult};
use crate::probe::{Service, link, until};

/// Waits until both sides know that the server is gone. What is sent before that is lost.
async fn lost(service: &Service) -> TestResult {
    let is_lost = |nats: &Client| nats.connection_state() == State::Disconnected;
    until(|| is_lost(&service.nats) && is_lost(&service.owner)).await
}

/// Waits until callers and server are back.
async fn back(service: &Service) -> TestResult {
    let who = || service.nats.request("probe.$who", "".into());
    let answered = async { while who().await.is_err() {} };
    Ok(timeout(PATIENCE, answered).await?)
}

#[tokio::test]
async fn a_call_survives_a_restart_of_the_server() -> TestResult {
    let Some(mut service) = Service::start().await? else {
        return Ok(());
    };
    for number in 0..2 {
        let call = tokio::spawn({
            let probe = service.probe.clone();
            async move { probe.pass(number).await }
        });
        service.log.until(number).await?;
        service.server.kill();
        lost(&service).await?;
        // Made without a connection.
        let held = tokio::spawn({
            let probe = service.probe.clone();
            async move { probe.note(number + 10).await }
        });
        if number == 0 {
            // Answered while there is no connection either.
            service.gate.add_permits(1);
        }
        service.server.restart().await?;
        back(&service).await?;
        if number == 1 {
            service.gate.add_permits(1);
        }
        assert_eq!(timeout(PATIENCE, call).await???, number);
        match timeout(PATIENCE, held).await?? {
            // The caller may be back before the server of the name.
            Ok(()) | Err(CallError::Unreachable) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_call_without_a_connection_never_runs() -> TestResult {
    let Some(mut service) = Service::start().await? else {
        return Ok(());
    };
    let link = link(&service.nats).timeout(Duration::from_millis(500));
    let probe = link.spawn(CancellationToken::new());
    probe.note(0).await?;
    service.server.kill();
    lost(&service).await?;
    let start = Instant::now();
    let (first, second) = tokio::join!(probe.note(1), probe.note(2));
    assert_eq!(first, Err(CallError::Unreachable));
    assert_eq!(second, Err(CallError::Unreachable));
    assert!(start.elapsed() >= Duration::from_millis(500));
    service.server.restart().await?;
    back(&service).await?;
    probe.note(3).await?;
    assert_eq!(service.log.numbers(), [0, 3]);
    Ok(())
}

#[tokio::test]
async fn a_caller_that_leaves_without_a_connection_has_sent_nothing() -> TestResult {
    let Some(mut service) = Service::start().await? else {
        return Ok(());
    };
    service.probe.note(0).await?;
    service.server.kill();
    lost(&service).await?;
    let call = timeout(Duration::from_millis(100), service.probe.note(1)).await;
    assert!(call.is_err());
    service.server.restart().await?;
    back(&service).await?;
    service.probe.note(2).await?;
    assert_eq!(service.log.numbers(), [0, 2]);
    Ok(())
}

#[tokio::test]
async fn calls_that_wait_for_a_connection_run_in_their_order() -> TestResult {
    let Some(mut service) = Service::start().await? else {
        return Ok(());
    };
    service.server.kill();
    lost(&service).await?;
    let calls = tokio::spawn({
        let probe = service.probe.clone();
        async move { join_all((0..400).map(|number| probe.note(number))).await }
    });
    // More than the window has room for.
    until(|| service.probe.queued() > 0).await?;
    service.server.restart().await?;
    let noted = timeout(PATIENCE, calls).await??;
    let answered = noted.iter().filter(|noted| noted.is_ok()).count();
    let numbers = service.log.numbers();
    assert!(numbers.is_sorted(), "{numbers:?}");
    assert_eq!(numbers.len(), answered);
    // The caller may be back before the server of the name.
    let gone = |noted: &Result<(), CallError>| *noted == Err(CallError::Unreachable);
    assert!(noted.iter().all(|noted| noted.is_ok() || gone(noted)));
    Ok(())
}

#[tokio::test]
async fn a_call_that_was_sent_is_not_repeated() -> TestResult {
    let Some(mut service) = Service::start().await? else {
        return Ok(());
    };
    let link = link(&service.nats).timeout(Duration::from_secs(1));
    let probe = link.spawn(CancellationToken::new());
    let call = tokio::spawn(async move { probe.pass(1).await });
    service.log.until(1).await?;
    service.server.kill();
    lost(&service).await?;
    assert_eq!(call.await?, Err(CallError::TimedOut));
    service.server.restart().await?;
    back(&service).await?;
    service.gate.add_permits(1);
    service.probe.note(2).await?;
    assert_eq!(service.log.numbers(), [1, 2]);
    Ok(())
}

#[tokio::test]
async fn an_idle_link_and_an_idle_server_survive_a_restart() -> TestResult {
    let Some(mut service) = Service::start().await? else {
        return Ok(());
    };
    service.probe.note(1).await?;
    service.server.kill();
    service.server.restart().await?;
    back(&service).await?;
    service.probe.note(2).await?;
    assert_eq!(service.log.numbers(), [1, 2]);
    Ok(())
}

#[tokio::test]
async fn a_link_ends_with_its_nats_client() -> TestResult {
    let Some(service) = Service::start().await? else {
        return Ok(());
    };
    let nats = service.server.connect().await?;
    let (probe, handle) = link(&nats).spawn_with_handle(CancellationToken::new());
    let call = tokio::spawn({
        let probe = probe.clone();
        async move { probe.pass(1).await }
    });
    service.log.until(1).await?;
    nats.drain().await?;
    assert_eq!(timeout(PATIENCE, call).await??, Err(CallError::Stopped));
    let exit = timeout(PATIENCE, handle).await?;
    assert!(matches!(exit.reason, ExitReason::Stopped), "{exit}");
    assert!(probe.is_closed());
    assert_eq!(probe.note(2).await, Err(CallError::Closed(Why::Stopped)));
    Ok(())
}

#[tokio::test]
async fn a_server_ends_with_its_nats_client_or_without_a_connection() -> TestResult {
    let Some(mut service) = Service::start().await? else {
        return Ok(());
    };
    let nats = service.server.connect().await?;
    let served = actor_nats::serve(&nats, "other", &service.local);
    let served = served.spawn(CancellationToken::new()).await?;
    nats.drain().await?;
    timeout(PATIENCE, served.ended()).await?;

    service.server.kill();
    lost(&service).await?;
    service.end.cancel();
    timeout(PATIENCE, service.served.ended()).await?;
    Ok(())
}
