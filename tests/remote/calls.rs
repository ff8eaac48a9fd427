//! Answers and errors of calls, with a connection that holds.

use std::time::{Duration, Instant};

use actor_nats::serve;
use actor_runtime::{Actor as _, CallError, CancellationToken, Client as _, ExitReason, Why};
use futures_util::future::join_all;
use serde_json::Value;
use tokio::time::timeout;

use crate::harness::{NatsServer, PATIENCE, TestResult};
use crate::probe::{Probe, Service, link, until};

#[tokio::test]
async fn calls_are_answered() -> TestResult {
    let Some(service) = Service::start().await? else {
        return Ok(());
    };
    let probe = &service.probe;
    assert_eq!(probe.append(7).await?, 1);
    probe.note(8).await?;
    assert_eq!(service.log.numbers(), [7, 8]);
    assert_eq!(probe.repeat("ab \"\n é", 2).await?, "ab \"\n éab \"\n é");
    assert_eq!(probe.length(Some("four")).await?, Some(4));
    assert_eq!(probe.length(None).await?, None);
    assert_eq!(probe.defer(5).await?, 5);
    assert_eq!(probe.forget().await, Err(CallError::Unanswered));
    assert_eq!(
        probe.fail().await?,
        Err("an error of the method".to_owned())
    );
    // The same actor.
    assert_eq!(service.local.append(9).await?, 3);
    Ok(())
}

#[tokio::test]
async fn what_does_not_fit_is_told() -> TestResult {
    let Some(service) = Service::start().await? else {
        return Ok(());
    };
    let probe = &service.probe;
    let long = "x".repeat(1 << 20);
    let error = probe.length(Some(&long)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the command is not supported: its 1048587 bytes are more than NATS carries: 1048576"
    );
    assert!(error.never_ran());
    assert_eq!(probe.repeat("x", 1 << 20).await, Err(CallError::Unanswered));
    assert_eq!(probe.repeat("x", (1 << 20) - 2).await?.len(), (1 << 20) - 2);
    // Not a number, which JSON cannot say.
    assert_eq!(probe.divide(0.0, 0.0).await, Err(CallError::Unanswered));
    assert!((probe.divide(1.0, 4.0).await? - 0.25).abs() < f64::EPSILON);
    Ok(())
}

#[tokio::test]
async fn nobody_serves_the_name() -> TestResult {
    let Some(server) = NatsServer::start_with("").await? else {
        return Ok(());
    };
    let probe = link(&server.connect().await?).spawn(CancellationToken::new());
    let start = Instant::now();
    assert_eq!(probe.append(1).await, Err(CallError::Unreachable));
    // Not the timeout.
    assert!(start.elapsed() < Duration::from_secs(10));
    Ok(())
}

#[tokio::test]
async fn calls_of_one_client_run_in_their_order() -> TestResult {
    let Some(service) = Service::start().await? else {
        return Ok(());
    };
    for round in 0..200 {
        let numbers = round * 20..(round + 1) * 20;
        for noted in join_all(numbers.map(|number| service.probe.note(number))).await {
            noted?;
        }
    }
    assert!(service.log.numbers().is_sorted());
    assert_eq!(service.log.numbers().len(), 4000);
    Ok(())
}

#[tokio::test]
async fn a_call_takes_no_longer_than_its_timeout() -> TestResult {
    let Some(service) = Service::start().await? else {
        return Ok(());
    };
    let link = link(&service.nats).timeout(Duration::from_millis(300));
    let probe = link.spawn(CancellationToken::new());
    let start = Instant::now();
    assert_eq!(probe.pass(1).await, Err(CallError::TimedOut));
    assert!(start.elapsed() >= Duration::from_millis(300));
    // It goes on, and its answer is nobody's.
    service.gate.add_permits(1);
    assert_eq!(probe.append(2).await?, 2);
    Ok(())
}

#[tokio::test]
async fn a_command_that_was_not_accepted_in_time_never_runs() -> TestResult {
    let Some(service) = Service::start().await? else {
        return Ok(());
    };
    let busy = tokio::spawn({
        let local = service.local.clone();
        async move { local.pass(0).await }
    });
    service.log.until(0).await?;
    // The mailbox has room for 64 of them.
    let link = link(&service.nats).timeout(Duration::from_millis(300));
    let probe = link.spawn(CancellationToken::new());
    for noted in join_all((1..=100).map(|number| probe.note(number))).await {
        assert_eq!(noted, Err(CallError::TimedOut));
    }
    // The server's clock of a command starts later than its caller's.
    tokio::time::sleep(Duration::from_millis(300)).await;
    service.gate.add_permits(1);
    assert_eq!(busy.await??, 0);
    service.local.note(1000).await?;
    let ran = service.log.numbers().len() - 2;
    assert_eq!(ran, 64, "a command ran that had no place in the mailbox");
    Ok(())
}

#[tokio::test]
async fn a_panic_is_told_and_ends_the_serving() -> TestResult {
    let Some(service) = Service::start().await? else {
        return Ok(());
    };
    let probe = &service.probe;
    let (panicked, behind) = tokio::join!(probe.panic(), probe.note(1));
    assert_eq!(panicked, Err(CallError::Panicked));
    assert_eq!(behind, Err(CallError::Refused));
    timeout(PATIENCE, service.served.ended()).await?;
    assert_eq!(probe.note(2).await, Err(CallError::Unreachable));
    assert_eq!(service.log.numbers(), [0; 0]);
    Ok(())
}

#[tokio::test]
async fn a_served_actor_that_is_stopped_refuses_what_is_queued() -> TestResult {
    let Some(server) = NatsServer::start_with("").await? else {
        return Ok(());
    };
    let shutdown = CancellationToken::new();
    let (local, handle) = Probe::new().spawn_with_handle(shutdown.clone());
    let nats = server.connect().await?;
    let service = serve(&nats, "probe", &local);
    let served = service.spawn(CancellationToken::new()).await?;
    let probe = link(&nats).spawn(CancellationToken::new());
    let calls = tokio::spawn(async move { tokio::join!(probe.sleep(300), probe.note(1)) });
    until(|| local.queued() == 1).await?;
    shutdown.cancel();
    assert_eq!(calls.await?, (Ok(()), Err(CallError::Refused)));
    timeout(PATIENCE, served.ended()).await?;
    assert!(matches!(handle.await.reason, ExitReason::Cancelled));
    Ok(())
}

#[tokio::test]
async fn a_caller_that_leaves_has_sent_nothing() -> TestResult {
    let Some(service) = Service::start().await? else {
        return Ok(());
    };
    let link = link(&service.nats).window(1);
    let probe = link.spawn(CancellationToken::new());
    let first = tokio::spawn({
        let probe = probe.clone();
        async move { probe.pass(1).await }
    });
    service.log.until(1).await?;
    let waits = timeout(Duration::from_millis(50), probe.note(2)).await;
    assert!(waits.is_err());
    service.gate.add_permits(1);
    assert_eq!(first.await??, 1);
    probe.note(3).await?;
    assert_eq!(service.log.numbers(), [1, 3]);
    Ok(())
}

#[tokio::test]
async fn a_link_that_is_told_to_stop_ends_its_calls() -> TestResult {
    let Some(service) = Service::start().await? else {
        return Ok(());
    };
    let shutdown = CancellationToken::new();
    let (probe, handle) = link(&service.nats).spawn_with_handle(shutdown.clone());
    let call = tokio::spawn({
        let probe = probe.clone();
        async move { probe.pass(1).await }
    });
    service.log.until(1).await?;
    shutdown.cancel();
    probe.closed().await;
    assert_eq!(probe.note(2).await, Err(CallError::Closed(Why::Cancelled)));
    service.gate.add_permits(1);
    assert_eq!(call.await??, 1);
    let exit = timeout(PATIENCE, handle).await?;
    assert!(matches!(exit.reason, ExitReason::Cancelled), "{exit}");
    assert_eq!(service.log.numbers(), [1]);
    Ok(())
}

#[tokio::test]
async fn a_link_whose_callers_have_left_ends_at_once() -> TestResult {
    let Some(service) = Service::start().await? else {
        return Ok(());
    };
    let (probe, handle) = link(&service.nats).spawn_with_handle(CancellationToken::new());
    let start = Instant::now();
    let call = timeout(Duration::from_millis(100), probe.pass(1)).await;
    assert!(call.is_err());
    drop(probe);
    timeout(PATIENCE, handle).await?;
    assert!(start.elapsed() < Duration::from_secs(10));
    Ok(())
}

/// Another version of the probe.
#[allow(dead_code, reason = "only its client is used")]
mod other {
    use actor_runtime::actor;

    pub(crate) struct Probe;

    #[actor(remote)]
    impl Probe {
        pub(crate) fn append(&mut self, number: u64, twice: Option<bool>) -> usize {
            usize::try_from(number).unwrap_or_default() + usize::from(twice.is_some())
        }

        pub(crate) fn note(&mut self, text: String) {
            drop(text);
        }

        pub(crate) fn length(&self) -> String {
            "not a number".to_owned()
        }

        pub(crate) fn later(&self) {}
    }
}

#[tokio::test]
async fn two_versions_talk_as_far_as_they_can() -> TestResult {
    let Some(service) = Service::start().await? else {
        return Ok(());
    };
    let link = actor_nats::Remote::<other::ProbeClient>::new(&service.nats, "probe");
    let probe = link.spawn(CancellationToken::new());
    // An argument that is new here.
    assert_eq!(probe.append(1, Some(true)).await?, 1);
    // A method that is new here.
    let error = probe.later().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the command is not supported: no method `later`"
    );
    // An argument of another type: its value is not shown.
    let error = probe.note("secret".to_owned()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the command is not supported: the argument `number` is missing"
    );
    // An answer of another type.
    assert_eq!(probe.length().await, Err(CallError::Unanswered));
    Ok(())
}

#[tokio::test]
async fn any_bytes_are_answered_and_harm_nothing() -> TestResult {
    let Some(service) = Service::start().await? else {
        return Ok(());
    };
    let deep = "[".repeat(100_000);
    for (method, arguments, code, sentence) in [
        ("append", r#"{"number":1}"#, None, ""),
        ("append", r#"{"\u006eumber":1,"more":[]}"#, None, ""),
        (
            "append",
            "",
            Some("400"),
            "the argument `number` is missing",
        ),
        (
            "append",
            "{",
            Some("400"),
            "the arguments are not a JSON object",
        ),
        (
            "append",
            "[1]",
            Some("400"),
            "the arguments are not a JSON object",
        ),
        (
            "append",
            "\u{0}",
            Some("400"),
            "the arguments are not a JSON object",
        ),
        (
            "append",
            &deep,
            Some("400"),
            "the arguments are not a JSON object",
        ),
        (
            "append",
            r#"{"number":-1}"#,
            Some("400"),
            "the argument `number` cannot be read",
        ),
        (
            "append",
            r#"{"number":1e400}"#,
            Some("400"),
            "the argument `number` cannot be read",
        ),
        (
            "append",
            r#"{"number":null}"#,
            Some("400"),
            "the argument `number` cannot be read",
        ),
        ("no_method", "{}", Some("400"), "no method `no_method`"),
        ("$other", "{}", Some("400"), "no method `$other`"),
        (
            "forget",
            "{}",
            Some("500"),
            "the actor dropped the reply without an answer",
        ),
    ] {
        let request = service
            .nats
            .request(format!("probe.{method}"), arguments.to_owned().into());
        let answer = timeout(PATIENCE, request).await??;
        let header = |name: &str| Some(answer.headers.as_ref()?.get(name)?.as_str());
        assert_eq!(
            header("Nats-Service-Error-Code"),
            code,
            "{method} {arguments:.40}"
        );
        match code {
            None => assert!(serde_json::from_slice::<Value>(&answer.payload)?.is_number()),
            Some(_) => assert_eq!(header("Nats-Service-Error"), Some(sentence)),
        }
    }
    let invalid = service
        .nats
        .request("probe.append", vec![0xff, 0xfe].into());
    let answer = timeout(PATIENCE, invalid).await??;
    assert!(answer.headers.is_some());
    // Nobody would learn what became of it.
    service
        .nats
        .publish("probe.append", r#"{"number":5}"#.into())
        .await?;
    assert_eq!(service.probe.append(2).await?, 3);
    assert_eq!(service.log.numbers(), [1, 1, 2]);
    Ok(())
}
