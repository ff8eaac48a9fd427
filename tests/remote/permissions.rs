//! Users of NATS who may serve or call some methods only.

use std::time::Duration;

use actor_nats::{ServeError, serve};
use actor_runtime::{Actor as _, CallError, CancellationToken};
use async_nats::ConnectOptions;

use crate::harness::{NatsServer, TestResult};
use crate::probe::{Probe, link};

const USERS: &str = r#"
authorization {
  users = [
    {
      user: owner, password: "1", permissions: {
        subscribe: ["probe.*", "_INBOX.>"], publish: ["probe.$who", "_INBOX.>"], allow_responses: true
      }
    }
    { user: reader, password: "2", permissions: { subscribe: ["_INBOX.>"], publish: ["probe.length"] } }
    { user: asker, password: "3", permissions: { subscribe: ["_INBOX.>"], publish: ["probe.>", "_INBOX.>"] } }
  ]
}
"#;

async fn connect(
    server: &NatsServer,
    user: &str,
    password: &str,
) -> TestResult<async_nats::Client> {
    let options = ConnectOptions::with_user_and_password(user.into(), password.into());
    Ok(options.connect(server.url()).await?)
}

#[tokio::test]
async fn methods_are_permitted_one_by_one() -> TestResult {
    let Some(server) = NatsServer::start_with(USERS).await? else {
        return Ok(());
    };
    let owner = connect(&server, "owner", "1").await?;
    let local = Probe::new().spawn(CancellationToken::new());
    serve(&owner, "probe", &local)
        .spawn(CancellationToken::new())
        .await?;

    let reader = connect(&server, "reader", "2").await?;
    let link = link(&reader).timeout(Duration::from_secs(1));
    let probe = link.spawn(CancellationToken::new());
    assert_eq!(probe.length(Some("four")).await?, Some(4));
    // NATS tells the connection, and not the caller.
    assert_eq!(probe.append(1).await, Err(CallError::TimedOut));
    assert_eq!(local.append(2).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_not_permitted_is_told() -> TestResult {
    let Some(server) = NatsServer::start_with(USERS).await? else {
        return Ok(());
    };
    let local = Probe::new().spawn(CancellationToken::new());
    // One may not ask who serves the name, and the other not subscribe to it.
    for (user, password) in [("reader", "2"), ("asker", "3")] {
        let nats = connect(&server, user, password).await?;
        let denied = serve(&nats, "probe", &local)
            .spawn(CancellationToken::new())
            .await;
        assert!(
            matches!(denied, Err(ServeError::Denied)),
            "{user}: {denied:?}"
        );
    }
    Ok(())
}
