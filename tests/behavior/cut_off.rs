//! Actors that are cut off, in all the ways there are: a panic among the drops reaches the exit, and so the handle or
//! `on_exit`.

use std::future::pending;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use actor_runtime::{
    Actor as _, Builder, CallError, CancellationToken, Client as _, Exit, Supervisor, actor,
};

use crate::support::{PanicOnDrop, calling, idle, payload, soon, summary};

const SECOND: Duration = Duration::from_secs(1);

/// An actor whose state panics when it is dropped, or whose method does.
struct Fuse {
    _state: Option<PanicOnDrop>,
}

#[actor]
impl Fuse {
    pub(crate) async fn hold(&mut self) -> u32 {
        pending().await
    }

    pub(crate) async fn hold_a_bomb(&mut self) -> u32 {
        let _bomb = PanicOnDrop;
        pending().await
    }

    /// Spawns a task that the end waits for.
    pub(crate) fn spawn_a_task(&mut self, ctx: &mut actor_runtime::Context<Self>) -> u32 {
        ctx.spawn(pending());
        1
    }
}

fn fuse() -> Fuse {
    Fuse { _state: None }
}

fn explosive() -> Fuse {
    Fuse {
        _state: Some(PanicOnDrop),
    }
}

#[derive(Clone, Copy, Debug)]
enum End {
    Abort,
    Deadline,
    Shutdown,
    AbortSupervised,
    DeadlineSupervised,
}

const ENDS: [End; 5] = [
    End::Abort,
    End::Deadline,
    End::Shutdown,
    End::AbortSupervised,
    End::DeadlineSupervised,
];

/// Cuts the actor off while it handles `call`, and returns the exit and the result of the call.
async fn cut_off<F>(
    make: fn() -> Fuse,
    call: impl FnOnce(FuseClient) -> F,
    end: End,
) -> (Exit<Fuse>, Result<u32, CallError>)
where
    F: Future<Output = Result<u32, CallError>> + Send + 'static,
{
    let token = CancellationToken::new();
    let (client, handle) = match end {
        End::Abort | End::Shutdown => make().spawn_with_handle(token.clone()),
        End::Deadline => make()
            .builder()
            .shutdown(token.clone())
            .deadline(SECOND)
            .spawn_with_handle(),
        End::AbortSupervised | End::DeadlineSupervised => Supervisor::new(make)
            .shutdown(token.clone())
            .deadline(SECOND)
            .spawn_with_handle(),
    };
    let call = calling(&client, call).await;
    let exit = match end {
        End::Abort | End::AbortSupervised => {
            handle.abort();
            soon(handle).await
        }
        End::Deadline | End::DeadlineSupervised => {
            token.cancel();
            soon(handle).await
        }
        End::Shutdown => soon(handle.shutdown(SECOND)).await,
    };
    (exit, soon(call).await.unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_method_that_is_cut_off_is_not_lost() {
    for end in ENDS {
        let call = |client: FuseClient| async move { client.hold_a_bomb().await };
        let (exit, result) = cut_off(fuse, call, end).await;
        let expected = "panicked in hold_a_bomb: 0 handled, 0 refused, no state";
        assert_eq!(summary(&exit), expected, "{end:?}");
        assert_eq!(payload(exit), Some("dropped"));
        assert_eq!(result, Err(CallError::Panicked));
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_state_that_is_cut_off_is_not_lost() {
    for end in ENDS {
        let call = |client: FuseClient| async move { client.hold().await };
        let (exit, _) = cut_off(explosive, call, end).await;
        let expected = "panicked in hold: 0 handled, 0 refused, no state";
        assert_eq!(summary(&exit), expected, "{end:?}");
        assert_eq!(payload(exit), Some("dropped"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_state_that_was_never_run_is_not_lost() {
    let (fuse, handle) = explosive().spawn_with_handle(CancellationToken::new());
    handle.abort();
    assert_eq!(payload(soon(handle).await), Some("dropped"));
    let (supervised, handle) = Supervisor::new(explosive).spawn_with_handle();
    handle.abort();
    assert_eq!(payload(soon(handle).await), Some("dropped"));
    assert!(fuse.is_closed() && supervised.is_closed());
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_state_that_waits_for_its_tasks_is_not_lost() {
    let token = CancellationToken::new();
    let (fuse, handle) = explosive().spawn_with_handle(token.clone());
    assert_eq!(soon(fuse.spawn_a_task()).await, Ok(1));
    token.cancel();
    idle().await;
    handle.abort();
    assert_eq!(payload(soon(handle).await), Some("dropped"));
}

/// Returns a builder, and the receiver of the exit that is given to `on_exit`.
fn reporting(fuse: Fuse) -> (Builder<Fuse>, Receiver<String>) {
    let (tell, told) = channel();
    let builder = fuse.builder();
    let builder = builder.on_exit(move |exit| tell.send(exit.to_string()).unwrap());
    (builder, told)
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_runner_that_is_dropped_goes_to_on_exit() {
    const TOLD: &str = "panicked with \"dropped\"";
    for is_polled in [false, true] {
        let (builder, told) = reporting(explosive());
        let (client, runner) = builder.into_runner();
        let mut run = Box::pin(runner.run());
        if is_polled {
            let _ = crate::support::poll_once(run.as_mut());
        }
        drop(run);
        assert!(client.is_closed());
        assert!(told.recv().unwrap().starts_with(TOLD));
    }
    let (builder, told) = reporting(explosive());
    drop(builder.into_runner());
    assert!(told.recv().unwrap().starts_with(TOLD));
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_on_exit_hurts_nobody() {
    let builder = || {
        fuse()
            .builder()
            .on_exit(|_| std::panic::resume_unwind(Box::new("told")))
    };
    drop(builder().into_runner());
    let (client, handle) = builder().spawn_with_handle();
    drop(client);
    idle().await;
    drop(handle);
}
