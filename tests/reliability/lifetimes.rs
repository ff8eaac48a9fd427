//! Actors that end when nobody needs them.

use actor_runtime::{Actor as _, CancellationToken, Client as _, Context, WeakClient, actor};

use crate::support::{idle, soon, summary};

/// An actor that keeps every client that it can have of itself.
#[derive(Default)]
struct Selfish(Vec<WeakClient<SelfishClient>>);

#[actor(event = u32)]
impl Selfish {
    pub(crate) fn keep(&mut self, ctx: &mut Context<Self>) -> () {
        self.0.push(ctx.client().clone());
        let (client, token) = (ctx.client().clone(), ctx.token());
        ctx.spawn(async move {
            token.cancelled().await;
            drop(client);
        });
    }

    /// Returns the number of kept clients, which work like any other while somebody else holds one.
    pub(crate) fn kept(&self) -> usize {
        self.0.iter().filter_map(WeakClient::upgrade).count()
    }
}

#[tokio::test(start_paused = true)]
async fn row_19_an_actor_does_not_keep_itself_alive() {
    let (client, handle) = Selfish::default().spawn_with_handle(CancellationToken::new());
    let mut subscription = client.subscribe();
    let weak = client.downgrade();
    soon(client.keep()).await.unwrap();
    assert_eq!(soon(client.kept()).await, Ok(1));
    idle().await;
    assert!(!handle.is_finished());
    drop(client);
    let exit = soon(handle).await;
    let expected = "clients dropped: 2 handled, 0 refused, state";
    assert_eq!(summary(&exit), expected);
    assert_eq!(soon(subscription.next()).await, None);
    assert!(weak.upgrade().is_none());
}
