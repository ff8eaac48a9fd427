//! Servers of a name: one, several, over their limit, and in processes that end.

use std::time::{Duration, Instant};

use actor_nats::{ServeError, Server, serve};
use actor_runtime::{Actor as _, CallError, CancellationToken};
use futures_util::future::join_all;
use tokio::time::timeout;

use crate::harness::{NatsServer, PATIENCE, Process, TestResult};
use crate::probe::{Probe, ProbeClient, Service, link};

#[tokio::test]
async fn a_name_has_one_server() -> TestResult {
    let Some(service) = Service::start().await? else {
        return Ok(());
    };
    let other = Probe::new().spawn(CancellationToken::new());
    for _ in 0..10 {
        let taken = serve(&service.nats, "probe", &other).spawn(CancellationToken::new());
        let taken = taken.await;
        assert!(matches!(taken, Err(ServeError::Taken)), "{taken:?}");
    }
    // Another name is free, and so is this one when its server has ended.
    serve(&service.nats, "other", &other)
        .spawn(CancellationToken::new())
        .await?;
    service.end.cancel();
    timeout(PATIENCE, service.served.ended()).await?;
    serve(&service.nats, "probe", &other)
        .spawn(CancellationToken::new())
        .await?;
    assert_eq!(service.probe.append(1).await?, 1);
    assert_eq!(service.log.numbers(), [0; 0]);
    Ok(())
}

#[tokio::test]
async fn a_server_that_ends_answers_what_has_come() -> TestResult {
    let Some(service) = Service::start().await? else {
        return Ok(());
    };
    let calls = tokio::spawn({
        let probe = service.probe.clone();
        async move { join_all((0..100).map(|number| probe.pass(number))).await }
    });
    service.log.until(0).await?;
    service.end.cancel();
    service.gate.add_permits(100);
    timeout(PATIENCE, service.served.ended()).await?;
    let mut ran = 0;
    for answer in timeout(PATIENCE, calls).await?? {
        match answer {
            Ok(_) => ran += 1,
            Err(CallError::Unreachable) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(service.log.numbers().len(), ran);
    assert_eq!(service.probe.note(1000).await, Err(CallError::Unreachable));
    Ok(())
}

#[tokio::test]
async fn more_than_the_limit_waits_and_runs_once() -> TestResult {
    let Some(service) = Service::start_with(|server| server.limit(10)).await? else {
        return Ok(());
    };
    let calls = tokio::spawn({
        let probe = service.probe.clone();
        async move {
            let first = probe.pass(0);
            let others = join_all((1..=200).map(|number| probe.note(number)));
            tokio::join!(first, others)
        }
    });
    service.log.until(0).await?;
    // All others were refused by now, some of them several times.
    tokio::time::sleep(Duration::from_millis(200)).await;
    service.gate.add_permits(1);
    let (first, others) = timeout(PATIENCE, calls).await??;
    assert_eq!(first?, 0);
    for other in others {
        other?;
    }
    let mut numbers = service.log.numbers();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..=200).collect::<Vec<_>>());
    Ok(())
}

#[tokio::test]
async fn more_than_the_limit_for_the_whole_timeout_is_full() -> TestResult {
    let Some(service) = Service::start_with(|server| server.limit(1)).await? else {
        return Ok(());
    };
    let first = tokio::spawn({
        let probe = service.probe.clone();
        async move { probe.pass(0).await }
    });
    service.log.until(0).await?;
    let link = link(&service.nats).timeout(Duration::from_millis(300));
    let probe = link.spawn(CancellationToken::new());
    assert_eq!(probe.note(1).await, Err(CallError::Full));
    service.gate.add_permits(1);
    first.await??;
    probe.note(2).await?;
    assert_eq!(service.log.numbers(), [0, 2]);
    Ok(())
}

#[tokio::test]
async fn replicas_share_the_calls() -> TestResult {
    let Some(service) = Service::start_with(Server::replicated).await? else {
        return Ok(());
    };
    let replica = Probe::new().spawn(CancellationToken::new());
    let nats = service.server.connect().await?;
    let end = CancellationToken::new();
    let served = serve(&nats, "probe", &replica)
        .replicated()
        .spawn(end.clone())
        .await?;
    for number in 0..200 {
        service.probe.note(number).await?;
    }
    let first = service.log.numbers().len();
    assert!(0 < first && first < 200, "{first}");
    assert_eq!(replica.append(0).await?, 200 - first + 1);

    end.cancel();
    timeout(PATIENCE, served.ended()).await?;
    for number in 0..10 {
        service.probe.note(number).await?;
    }
    assert_eq!(service.log.numbers().len(), first + 10);
    Ok(())
}

/// A link that has called the server in another process.
async fn called(server: &NatsServer) -> TestResult<(Process, ProbeClient)> {
    let mut process = Process::start("server", server)?;
    process.says("serves").await?;
    let link = link(&server.connect().await?).timeout(Duration::from_secs(2));
    let probe = link.spawn(CancellationToken::new());
    probe.note(0).await?;
    Ok((process, probe))
}

#[tokio::test]
async fn a_killed_process_is_noticed_at_the_timeout() -> TestResult {
    let Some(server) = NatsServer::start_with("").await? else {
        return Ok(());
    };
    let (mut process, probe) = called(&server).await?;
    let calls = tokio::spawn({
        let probe = probe.clone();
        async move { tokio::join!(probe.sleep(60_000), probe.note(1)) }
    });
    process.says("sleeps").await?;
    let start = Instant::now();
    process.signal("KILL")?;
    assert!(!process.ended().await?);
    let gone = (Err(CallError::TimedOut), Err(CallError::TimedOut));
    assert_eq!(calls.await?, gone);
    assert!(start.elapsed() < Duration::from_secs(10));
    assert_eq!(probe.note(2).await, Err(CallError::Unreachable));

    // The next process is found by the old client.
    let mut process = Process::start("server", &server)?;
    process.says("serves").await?;
    assert_eq!(probe.append(3).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_process_that_is_told_to_end_answers_first() -> TestResult {
    let Some(server) = NatsServer::start_with("").await? else {
        return Ok(());
    };
    let (mut process, probe) = called(&server).await?;
    let calls = tokio::spawn({
        let probe = probe.clone();
        async move { tokio::join!(probe.sleep(500), probe.append(1)) }
    });
    process.says("sleeps").await?;
    process.signal("TERM")?;
    assert!(process.ended().await?);
    assert_eq!(calls.await?, (Ok(()), Ok(2)));
    assert_eq!(probe.note(2).await, Err(CallError::Unreachable));
    Ok(())
}

#[tokio::test]
async fn processes_are_replaced_while_calls_go_on() -> TestResult {
    let Some(server) = NatsServer::start_with("").await? else {
        return Ok(());
    };
    let (mut process, probe) = called(&server).await?;
    let end = CancellationToken::new();
    let calls = tokio::spawn({
        let end = end.clone();
        async move {
            let (mut answered, mut unreachable) = (0, 0);
            while !end.is_cancelled() {
                match probe.note(answered).await {
                    Ok(()) => answered += 1,
                    Err(CallError::Unreachable | CallError::Closed(_) | CallError::Refused) => {
                        unreachable += 1;
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                    Err(error) => panic!("{error:?}"),
                }
            }
            (answered, unreachable)
        }
    });
    for _ in 0..5 {
        process.signal("TERM")?;
        assert!(process.ended().await?);
        process = Process::start("server", &server)?;
        process.says("serves").await?;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    end.cancel();
    let (answered, unreachable) = timeout(PATIENCE, calls).await??;
    assert!(
        answered > 100 && unreachable > 0,
        "{answered} {unreachable}"
    );
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_told_to_end_before_it_begins_has_ended() -> TestResult {
    let Some(service) = Service::start().await? else {
        return Ok(());
    };
    let end = CancellationToken::new();
    end.cancel();
    let served = serve(&service.nats, "other", &service.local)
        .spawn(end)
        .await?;
    timeout(PATIENCE, served.ended()).await?;
    assert!(service.nats.request("other.$who", "".into()).await.is_err());
    Ok(())
}
