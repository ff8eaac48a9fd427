//! Deadlocks: where actors wait for each other, the call that would close the cycle fails, and no other.

use std::error::Error as _;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use actor_runtime::{
    Actor as _, CallError, CancellationToken, Context, Exit, Reply, ReplyStream, Supervisor, Why,
    actor,
};
use tokio::runtime;
use tokio::sync::{Notify, oneshot};
use tokio::task::{self, JoinHandle, JoinSet, LocalSet};
use tokio::time::timeout;
use tokio::{join, select};

use crate::support::{PanicOnDrop, idle, on_four_threads, poll_once, soon, spawn, watched};

type Outcome = Result<u32, CallError>;
/// The body of a method, which each test gives where it is read.
type Job = Pin<Box<dyn Future<Output = Outcome> + Send>>;

fn job(job: impl Future<Output = Outcome> + Send + 'static) -> Job {
    Box::pin(job)
}

/// Defines an actor with a method of this name that does a job.
macro_rules! busy_actor {
    ($actor:ident, $method:ident) => {
        #[derive(Default)]
        struct $actor {
            notes: u32,
        }

        #[allow(dead_code, reason = "no test needs all of each")]
        #[actor]
        impl $actor {
            pub(crate) async fn $method(&mut self, job: Job) -> Outcome {
                job.await
            }

            #[command(try, blocking)]
            pub(crate) fn peek(&self) -> u32 {
                self.notes
            }

            #[command(priority)]
            pub(crate) fn peek_first(&self) -> u32 {
                self.notes
            }

            #[command(try)]
            pub(crate) fn note(&mut self, number: u32) {
                self.notes += number;
            }

            /// Is answered by whoever gets the reply from `keep`.
            pub(crate) async fn peek_later(&self, keep: Keep, reply: Reply<u32>) {
                keep.take(reply).await;
            }

            pub(crate) async fn list(&self, job: Job, mut reply: ReplyStream<u32>) {
                let item = job.await;
                if reply.send(item.unwrap_or(0)).await.is_ok() {
                    reply.finish();
                }
            }

            /// Leaves the list to a task, which lists nothing and tells when the reader has gone.
            pub(crate) async fn list_aside(
                &self,
                job: Job,
                gone: oneshot::Sender<()>,
                reply: ReplyStream<u32>,
            ) {
                spawn(async move {
                    reply.closed().await;
                    gone.send(()).unwrap();
                });
                let _ = job.await;
            }

            pub(crate) async fn list_and(&self, job: Job, mut reply: ReplyStream<u32>) {
                if reply.send(1).await.is_ok() {
                    let _ = job.await;
                    reply.finish();
                }
            }
        }
    };
}

busy_actor!(Cache, get);
busy_actor!(Db, load);
busy_actor!(KeyValue, find);

/// The fate of a reply.
pub(crate) enum Keep {
    /// A task sends the reply.
    Task(Arc<Notify>),
    /// The reply is sent when the job is done.
    Until(Job),
    /// The reply is sent, and then the job is done.
    Before(Job),
}

impl Keep {
    async fn take(self, reply: Reply<u32>) {
        match self {
            Self::Task(answer) => {
                spawn(async move {
                    answer.notified().await;
                    reply.send(7);
                });
            }
            Self::Until(job) => {
                let answer = job.await;
                reply.send(answer.unwrap_or(0));
            }
            Self::Before(job) => {
                reply.send(7);
                let _ = job.await;
            }
        }
    }
}

fn cache() -> CacheClient {
    Cache::default().spawn(CancellationToken::new())
}

fn db() -> DbClient {
    Db::default().spawn(CancellationToken::new())
}

fn key_value() -> KeyValueClient {
    KeyValue::default().spawn(CancellationToken::new())
}

async fn get(cache: &CacheClient, what: impl Future<Output = Outcome> + Send + 'static) -> Outcome {
    cache.get(job(what)).await?
}

async fn load(db: &DbClient, what: impl Future<Output = Outcome> + Send + 'static) -> Outcome {
    db.load(job(what)).await?
}

async fn find(
    key_value: &KeyValueClient,
    what: impl Future<Output = Outcome> + Send + 'static,
) -> Outcome {
    key_value.find(job(what)).await?
}

#[track_caller]
fn assert_deadlock(outcome: &Outcome, path: &str) {
    match outcome {
        Err(CallError::Deadlock(cycle)) => assert_eq!(cycle.to_string(), path),
        other => panic!("no deadlock: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn row_06_a_method_that_calls_its_own_actor_gets_an_error() {
    let cache = cache();
    let itself = cache.clone();
    let outcome = soon(get(&cache, async move { itself.peek().await })).await;
    assert_deadlock(&outcome, "cache.get → cache");
    // The call was not sent, and the actor goes on.
    assert_eq!(soon(cache.peek()).await, Ok(0));
}

#[tokio::test(start_paused = true)]
async fn row_06_two_actors_that_call_each_other_get_an_error() {
    let (cache, db) = (cache(), db());
    let (back, there) = (cache.clone(), db.clone());
    let outcome = soon(get(&cache, async move {
        load(&there, async move { back.peek().await }).await
    }))
    .await;
    assert_deadlock(&outcome, "cache.get → db.load → cache");
    assert_eq!(soon(cache.peek()).await, Ok(0));
    assert_eq!(soon(db.peek()).await, Ok(0));
}

#[tokio::test(start_paused = true)]
async fn row_06_three_actors_in_a_ring_get_an_error() {
    let (cache, db, key_value) = (cache(), db(), key_value());
    let (first, second, third) = (cache.clone(), db.clone(), key_value.clone());
    let outcome = soon(get(&cache, async move {
        load(&second, async move {
            find(&third, async move { first.peek().await }).await
        })
        .await
    }))
    .await;
    assert_deadlock(&outcome, "cache.get → db.load → key_value.find → cache");
}

/// From one actor to the next, and from the last one to another one.
fn go_on(actors: Arc<Vec<CacheClient>>, number: usize, last: usize) -> Job {
    job(async move {
        match actors.get(number) {
            Some(actor) => {
                actor
                    .get(go_on(Arc::clone(&actors), number + 1, last))
                    .await?
            }
            None => actors[last].peek().await,
        }
    })
}

#[tokio::test(start_paused = true)]
async fn rings_can_be_long_and_begin_behind_their_first_caller() {
    const LENGTH: usize = 300;
    let actors: Arc<Vec<CacheClient>> = Arc::new((0..LENGTH).map(|_| cache()).collect());
    for last in [0, 1, LENGTH / 2, LENGTH - 1] {
        let outcome = soon(actors[0].get(go_on(Arc::clone(&actors), 1, last))).await;
        let path = "cache.get → ".repeat(LENGTH - last) + "cache";
        assert_deadlock(&outcome.unwrap(), &path);
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadlock_is_found_wherever_in_a_method_the_call_is() {
    async fn helper(cache: CacheClient) -> Outcome {
        cache.peek().await
    }
    fn boxed(cache: CacheClient, depth: u32) -> Job {
        job(async move {
            match depth {
                0 => cache.peek().await,
                depth => boxed(cache, depth - 1).await,
            }
        })
    }
    let cache = cache();
    let check = async |job: Job| {
        let outcome = soon(cache.get(job)).await.unwrap();
        assert_deadlock(&outcome, "cache.get → cache");
    };
    let itself = cache.clone();
    check(job(helper(itself.clone()))).await;
    check(boxed(itself.clone(), 5)).await;
    let client = itself.clone();
    check(job(async move {
        let ((), outcome) = join!(task::yield_now(), client.peek());
        outcome
    }))
    .await;
    let client = itself.clone();
    check(job(async move {
        select! {
            outcome = client.peek() => outcome,
            () = std::future::pending() => Ok(0),
        }
    }))
    .await;
    let client = itself.clone();
    check(job(async move {
        task::yield_now().await;
        timeout(Duration::from_secs(1), client.peek())
            .await
            .unwrap()
    }))
    .await;
    let client = itself.clone();
    check(job(async move { client.peek_first().await })).await;
    let client = itself.clone();
    check(job(async move { client.try_peek()?.await })).await;
    let client = itself.clone();
    check(job(async move {
        client.peek_later(Keep::Until(job(async { Ok(0) }))).await
    }))
    .await;
    let client = itself.clone();
    check(job(task::unconstrained(async move { client.peek().await }))).await;
    let client = itself.clone();
    check(job(async move {
        let mut list = client.list(job(async { Ok(1) })).await?;
        list.next().await.unwrap()
    }))
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_call_that_closes_the_cycle_fails_whoever_makes_it() {
    let (cache, db) = (cache(), db());
    let (open, opened) = oneshot::channel();
    let (back, there) = (cache.clone(), db.clone());
    // The cache comes second, to a database that already waits for it.
    let calls = spawn({
        let cache = cache.clone();
        async move {
            get(&cache, async move {
                opened.await.unwrap();
                there.peek().await
            })
            .await
        }
    });
    idle().await;
    let waits = spawn(async move { load(&db, async move { back.peek().await }).await });
    idle().await;
    open.send(()).unwrap();
    assert_deadlock(&soon(calls).await.unwrap(), "db.load → cache.get → db");
    // The other call was no longer part of a cycle.
    assert_eq!(soon(waits).await.unwrap(), Ok(0));
}

#[tokio::test(start_paused = true)]
async fn calls_without_a_cycle_are_left_alone() {
    let (cache, db, key_value) = (cache(), db(), key_value());
    // A diamond: the same actor is reached twice.
    let (left, right, bottom) = (db.clone(), cache.clone(), key_value.clone());
    let top = Cache::default().spawn(CancellationToken::new());
    let outcome = soon(get(&top, async move {
        let (first, second) = (bottom.clone(), bottom);
        let (left, right) = join!(
            load(&left, async move { first.peek().await }),
            get(&right, async move { second.peek().await }),
        );
        Ok(left? + right?)
    }))
    .await;
    assert_eq!(outcome, Ok(0));
    // There and back, one after the other.
    for _ in 0..3 {
        let there = db.clone();
        assert_eq!(
            soon(get(&cache, async move { there.peek().await })).await,
            Ok(0)
        );
        let back = cache.clone();
        assert_eq!(
            soon(load(&db, async move { back.peek().await })).await,
            Ok(0)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_was_given_up_is_none() {
    let (cache, db) = (cache(), db());
    let (there, back) = (db.clone(), cache.clone());
    let (asked, is_asked) = oneshot::channel();
    let (go, gone) = oneshot::channel();
    let outcome = spawn({
        let cache = cache.clone();
        async move {
            get(&cache, async move {
                // The database is busy, and this caller impatient.
                select! {
                    outcome = there.peek() => return outcome,
                    _ = is_asked => {}
                }
                let _ = go.send(());
                task::yield_now().await;
                Ok(5)
            })
            .await
        }
    });
    let answer = spawn(async move {
        load(&db, async move {
            idle().await;
            asked.send(()).unwrap();
            gone.await.unwrap();
            back.peek().await
        })
        .await
    });
    assert_eq!(soon(outcome).await.unwrap(), Ok(5));
    assert_eq!(soon(answer).await.unwrap(), Ok(0));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_over_is_none_although_its_future_is_kept() {
    let (cache, db) = (cache(), db());
    let (there, back) = (db.clone(), cache.clone());
    let outcome = soon(get(&cache, async move {
        let asked = there.clone();
        let mut call = pin!(asked.peek());
        let first = (&mut call).await?;
        let call = spawn(async move { load(&there, async move { back.peek().await }).await });
        idle().await;
        // The database waits for this method, and not this method for the database.
        assert!(!call.is_finished());
        Ok(first)
    }))
    .await;
    assert_eq!(outcome, Ok(0));
}

#[tokio::test(start_paused = true)]
async fn a_call_of_a_task_is_no_wait_of_the_method_that_spawned_it() {
    let cache = cache();
    let itself = cache.clone();
    let outcome = soon(get(&cache, async move {
        let call = spawn(async move { itself.peek().await });
        idle().await;
        assert!(!call.is_finished());
        drop(call);
        Ok(3)
    }))
    .await;
    assert_eq!(outcome, Ok(3));
}

#[tokio::test(start_paused = true)]
async fn a_call_beside_the_runner_is_no_wait_of_the_actor() {
    let (cache, runner) = Cache::default().builder().into_runner();
    let calls = async {
        let outcome = cache.peek().await;
        let first = get(&cache, async { Ok(2) }).await;
        drop(cache);
        (outcome, first)
    };
    let (exit, outcomes) = soon(async { join!(runner.run(), calls) }).await;
    assert_eq!(outcomes, (Ok(0), Ok(2)));
    assert_eq!(exit.handled, 2);
}

#[tokio::test(start_paused = true)]
async fn an_actor_that_runs_inside_a_method_has_waits_of_its_own() {
    let outer = cache();
    let (outside, inside) = (outer.clone(), outer.clone());
    let outcome = soon(get(&outer, async move {
        let (inner, runner) = Db::default().builder().into_runner();
        let calls = async move {
            // The inner actor is not the outer one.
            let fine = inner.peek().await?;
            let deadlock = load(&inner, async move { outside.peek().await }).await;
            assert_deadlock(&deadlock, "cache.get → db.load → cache");
            // The method is still the one of the outer actor.
            assert_deadlock(&inside.peek().await, "cache.get → cache");
            Ok(fine)
        };
        let (_, outcome): (Exit<Db>, Outcome) = join!(runner.run(), calls);
        outcome
    }))
    .await;
    assert_eq!(outcome, Ok(0));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_a_task_gives_is_no_wait_for_the_actor_that_was_called() {
    let (cache, db) = (cache(), db());
    let (there, back) = (db.clone(), cache.clone());
    let answer = Arc::new(Notify::new());
    let keep = Keep::Task(Arc::clone(&answer));
    let call = spawn({
        let cache = cache.clone();
        async move { get(&cache, async move { there.peek_later(keep).await }).await }
    });
    idle().await;
    // The database has done its part, so it may wait for the cache.
    let waits = spawn(async move { load(&db, async move { back.peek().await }).await });
    idle().await;
    answer.notify_one();
    assert_eq!(soon(call).await.unwrap(), Ok(7));
    assert_eq!(soon(waits).await.unwrap(), Ok(0));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_the_method_gives_later_is_a_wait_for_it() {
    let (cache, db) = (cache(), db());
    let (there, back) = (db.clone(), cache.clone());
    let (tell, told) = oneshot::channel();
    let until = job(async move {
        let outcome = back.peek().await;
        let _ = tell.send(outcome);
        Ok(9)
    });
    let call = get(
        &cache,
        async move { there.peek_later(Keep::Until(until)).await },
    );
    assert_eq!(soon(call).await, Ok(9));
    assert_deadlock(&told.await.unwrap(), "cache.get → db.peek_later → cache");
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_a_command_that_is_queued_is_a_wait_for_the_actor() {
    let (cache, db) = (cache(), db());
    let (there, back) = (db.clone(), cache.clone());
    let (go, gone) = oneshot::channel();
    let closes = spawn({
        let db = db.clone();
        async move {
            load(&db, async move {
                gone.await.unwrap();
                back.peek().await
            })
            .await
        }
    });
    idle().await;
    let keep = Keep::Until(job(async { Ok(4) }));
    let call = spawn(async move { get(&cache, async move { there.peek_later(keep).await }).await });
    idle().await;
    go.send(()).unwrap();
    assert_deadlock(&soon(closes).await.unwrap(), "cache.get → db.load → cache");
    assert_eq!(soon(call).await.unwrap(), Ok(4));
}

#[tokio::test(start_paused = true)]
async fn a_method_that_reads_what_its_reader_waits_for_gets_an_error() {
    let (cache, db) = (cache(), db());
    let (there, back) = (db.clone(), cache.clone());
    let (tell, told) = oneshot::channel();
    let item = job(async move {
        let outcome = back.peek().await;
        let _ = tell.send(outcome);
        Ok(9)
    });
    let call = get(&cache, async move {
        let mut list = there.list(item).await?;
        let item = list.next().await.unwrap()?;
        assert_eq!(list.next().await, None);
        Ok(item)
    });
    assert_eq!(soon(call).await, Ok(9));
    assert_deadlock(&told.await.unwrap(), "cache.get → db.list → cache");
}

/// The answer comes first, and then its sender calls the actor that it was for.
#[tokio::test(start_paused = true)]
async fn an_answer_that_was_sent_is_no_wait() {
    let (cache, db) = (cache(), db());
    let (there, back) = (db.clone(), cache.clone());
    let (tell, told) = oneshot::channel();
    let call = spawn({
        let cache = cache.clone();
        async move { get(&cache, async move { there.peek().await }).await }
    });
    // Follows `peek`, before the caller is polled.
    let next = db.load(job(async move {
        let _ = tell.send(back.peek().await);
        Ok(2)
    }));
    let (call, next) = soon(async { join!(call, next) }).await;
    assert_eq!((call.unwrap(), next.unwrap()), (Ok(0), Ok(2)));
    assert_eq!(told.await.unwrap(), Ok(0));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_a_method_has_sent_is_no_wait() {
    let (cache, db) = (cache(), db());
    let (there, back) = (db.clone(), cache.clone());
    let (tell, told) = oneshot::channel();
    let then = job(async move {
        let _ = tell.send(back.peek().await);
        Ok(2)
    });
    let keep = Keep::Before(then);
    let call = get(&cache, async move { there.peek_later(keep).await });
    assert_eq!(soon(call).await, Ok(7));
    assert_eq!(soon(told).await.unwrap(), Ok(0));
}

#[tokio::test(start_paused = true)]
async fn an_item_that_was_sent_is_no_wait() {
    let (cache, db) = (cache(), db());
    let (there, back) = (db.clone(), cache.clone());
    let (tell, told) = oneshot::channel();
    let then = job(async move {
        let _ = tell.send(back.peek().await);
        Ok(2)
    });
    let call = get(&cache, async move {
        let mut list = there.list_and(then).await?;
        list.next().await.unwrap()
    });
    assert_eq!(soon(call).await, Ok(1));
    assert_eq!(soon(told).await.unwrap(), Ok(0));
}

/// A sender that was granted a slot waits for its own task only.
#[tokio::test(start_paused = true)]
async fn a_cast_whose_place_is_free_is_no_wait() {
    let cache = cache();
    let db = Db::default().builder().capacity(1).spawn();
    let (there, back) = (db.clone(), cache.clone());
    let (tell, told) = oneshot::channel();
    let (go, gone) = oneshot::channel();
    let first = spawn({
        let db = db.clone();
        async move {
            load(&db, async {
                gone.await.unwrap();
                Ok(1)
            })
            .await
        }
    });
    idle().await;
    let second = spawn(async move {
        load(&db, async move {
            let _ = tell.send(back.peek().await);
            Ok(2)
        })
        .await
    });
    idle().await;
    let cast =
        spawn(async move { get(&cache, async move { there.note(1).await.map(|()| 3) }).await });
    idle().await;
    assert!(!cast.is_finished());
    // The database begins its second command, and grants the slot to the cache.
    go.send(()).unwrap();
    assert_eq!(soon(told).await.unwrap(), Ok(0));
    let outcomes = soon(async { join!(first, second, cast) }).await;
    assert_eq!(outcomes.0.unwrap(), Ok(1));
    assert_eq!(outcomes.1.unwrap(), Ok(2));
    assert_eq!(outcomes.2.unwrap(), Ok(3));
}

/// Polls a call once, in the method that makes it, and returns it.
async fn begun(mut call: Job) -> Job {
    let polled = poll_fn(|cx| Poll::Ready(call.as_mut().poll(cx))).await;
    assert!(polled.is_pending());
    call
}

#[tokio::test(start_paused = true)]
async fn a_call_that_a_method_began_is_no_wait_once_a_task_polls_it() {
    let (cache, db) = (cache(), db());
    let (there, back) = (db.clone(), cache.clone());
    let (tell, told) = oneshot::channel();
    let (go, gone) = oneshot::channel();
    let call = spawn({
        let there = db.clone();
        async move {
            get(&cache, async move {
                let call = begun(job(async move { there.peek().await })).await;
                let task = spawn(call);
                idle().await;
                go.send(()).unwrap();
                idle().await;
                assert!(!task.is_finished());
                Ok(5)
            })
            .await
        }
    });
    let waits = load(&there, async move {
        gone.await.unwrap();
        let _ = tell.send(back.peek().await);
        Ok(6)
    });
    assert_eq!(soon(waits).await, Ok(6));
    assert_eq!(soon(told).await.unwrap(), Ok(0));
    assert_eq!(soon(call).await.unwrap(), Ok(5));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_a_method_began_and_kept_is_no_wait_after_the_method() {
    let (cache, db) = (cache(), db());
    let (there, back) = (db.clone(), cache.clone());
    let (keep, kept) = oneshot::channel();
    let waits = spawn(async move {
        load(&db, async move {
            let call = kept.await.unwrap();
            let outcome = back.peek().await;
            drop::<Job>(call);
            outcome
        })
        .await
    });
    idle().await;
    let begins = get(&cache, async move {
        let call = begun(job(async move { there.peek().await })).await;
        assert!(keep.send(call).is_ok());
        Ok(5)
    });
    assert_eq!(soon(begins).await, Ok(5));
    assert_eq!(soon(waits).await.unwrap(), Ok(0));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_one_method_began_is_a_wait_once_another_one_polls_it() {
    // The other method is of the same actor, and of another one.
    for is_same in [true, false] {
        let (cache, db) = (cache(), db());
        let other = if is_same {
            cache.clone()
        } else {
            self::cache()
        };
        let (there, back) = (db.clone(), other.clone());
        let (keep, kept) = oneshot::channel();
        let (go, gone) = oneshot::channel();
        let waits = spawn(async move {
            load(&db, async move {
                gone.await.unwrap();
                back.peek().await
            })
            .await
        });
        idle().await;
        let begins = get(&cache, async move {
            let call = begun(job(async move { there.peek().await })).await;
            assert!(keep.send(call).is_ok());
            Ok(5)
        });
        assert_eq!(soon(begins).await, Ok(5));
        let call = kept.await.unwrap();
        let awaits = spawn(async move { get(&other, call).await });
        idle().await;
        go.send(()).unwrap();
        let outcome = soon(waits).await.unwrap();
        assert_deadlock(&outcome, "cache.get → db.load → cache");
        assert_eq!(soon(awaits).await.unwrap(), Ok(0));
    }
}

/// Polls a task of its own.
#[derive(Default)]
struct Porter {
    tasks: LocalSet,
    call: Option<JoinHandle<Outcome>>,
}

#[actor(local)]
impl Porter {
    pub(crate) fn peek(&self) -> u32 {
        3
    }

    /// Polls a task that calls this actor.
    #[command(ack)]
    pub(crate) async fn begin(&mut self, ctx: &mut Context<Self>) {
        let itself = ctx.client().upgrade().unwrap();
        let call = self.tasks.spawn_local(async move { itself.peek().await });
        self.tasks.run_until(idle()).await;
        assert!(!call.is_finished());
        self.call = Some(call);
    }

    pub(crate) async fn finish(&mut self) -> Outcome {
        let call = self.call.take().unwrap();
        self.tasks.run_until(call).await.unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_of_a_task_that_a_method_polls_is_no_wait_of_the_method() {
    let (client, runner) = Porter::default().builder().into_runner();
    let calls = async move {
        client.begin().await.unwrap();
        client.finish().await.unwrap()
    };
    let (_, outcome) = soon(async { join!(runner.run(), calls) }).await;
    assert_eq!(outcome, Ok(3));
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_gets_an_error_has_gone() {
    let (cache, db) = (cache(), db());
    let back = cache.clone();
    let outcome = get(&cache, async move {
        let (gone, is_gone) = oneshot::channel();
        let waits = job(async move { back.peek().await });
        let mut list = db.list_aside(waits, gone).await?;
        idle().await;
        let item = list.next().await.unwrap();
        assert_deadlock(&item, "db.list_aside → cache.get → db");
        assert_eq!(list.next().await, None);
        is_gone.await.unwrap();
        Ok(4)
    });
    assert_eq!(soon(outcome).await, Ok(4));
}

/// Lets a task answer, and calls the asker from a source.
struct Clerk {
    asker: CacheClient,
    answer: Arc<Notify>,
}

#[actor]
impl Clerk {
    pub(crate) async fn ask(&self, reply: Reply<u32>) {
        Keep::Task(Arc::clone(&self.answer)).take(reply).await;
    }

    #[every(Duration::from_secs(1))]
    async fn tick(&self) {
        // The cache waits for the answer to `ask`, and not for this.
        let (call, ()) = join!(self.asker.peek(), async {
            idle().await;
            self.answer.notify_one();
        });
        assert_eq!(call, Ok(0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_is_not_the_method_that_was_called_before() {
    let cache = cache();
    let clerk = Clerk {
        asker: cache.clone(),
        answer: Arc::default(),
    };
    let (client, handle) = clerk.spawn_with_handle(CancellationToken::new());
    let asks = client.clone();
    assert_eq!(
        soon(get(&cache, async move { asks.ask().await })).await,
        Ok(7)
    );
    drop(client);
    let exit = soon(handle).await;
    assert!(exit.state.is_some(), "{exit:?}");
}

/// Casts until there is no more room.
fn fill(cache: &CacheClient) {
    while cache.try_note(1).is_ok() {}
}

#[tokio::test(start_paused = true)]
async fn row_07_a_cast_to_its_own_full_mailbox_gets_an_error() {
    let cache = Cache::default().builder().capacity(1).spawn();
    let itself = cache.clone();
    let outcome = soon(get(&cache, async move {
        itself.note(1).await?;
        itself.note(1).await?;
        Ok(0)
    }))
    .await;
    assert_deadlock(&outcome, "cache.get → cache");
    // The one that had room was handled.
    assert_eq!(soon(cache.peek()).await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn row_07_casts_between_full_mailboxes_get_an_error() {
    let cache = Cache::default().builder().capacity(1).spawn();
    let db = Db::default().builder().capacity(1).spawn();
    let (there, back) = (db.clone(), cache.clone());
    let (go, gone) = oneshot::channel();
    let first = spawn({
        let cache = cache.clone();
        async move {
            get(&cache, async move {
                gone.await.unwrap();
                there.note(1).await?;
                there.note(1).await?;
                Ok(1)
            })
            .await
        }
    });
    idle().await;
    let second = spawn(async move {
        load(&db, async move {
            fill(&back);
            back.note(1).await?;
            Ok(2)
        })
        .await
    });
    idle().await;
    assert!(!second.is_finished());
    go.send(()).unwrap();
    assert_deadlock(&soon(first).await.unwrap(), "db.load → cache.get → db");
    assert_eq!(soon(second).await.unwrap(), Ok(2));
}

#[tokio::test(start_paused = true)]
async fn a_cast_that_has_room_is_sent_whoever_sends_it() {
    let (cache, db) = (cache(), db());
    let (there, back) = (db.clone(), cache.clone());
    let outcome = soon(get(&cache, async move {
        load(&there, async move {
            back.note(4).await?;
            back.try_note(3)?;
            Ok(1)
        })
        .await
    }))
    .await;
    assert_eq!(outcome, Ok(1));
    assert_eq!(soon(cache.peek()).await, Ok(7));
}

/// Calls itself from its hooks and sources.
struct Curious {
    found: Arc<Mutex<Vec<Outcome>>>,
}

#[actor]
impl Curious {
    pub(crate) fn peek(&self) -> u32 {
        8
    }

    #[on_start]
    async fn look(&mut self, ctx: &mut Context<Self>) {
        let itself = ctx.client().upgrade().unwrap();
        let outcome = itself.peek().await;
        self.found.lock().unwrap().push(outcome);
    }

    #[every(Duration::from_secs(1))]
    async fn tick(&mut self, ctx: &mut Context<Self>) {
        let itself = ctx.client().upgrade().unwrap();
        let outcome = itself.peek().await;
        self.found.lock().unwrap().push(outcome);
    }
}

#[tokio::test(start_paused = true)]
async fn hooks_and_methods_of_sources_wait_as_commands_do() {
    let found = Arc::new(Mutex::new(Vec::new()));
    let curious = Curious {
        found: Arc::clone(&found),
    };
    let (client, handle) = curious.spawn_with_handle(CancellationToken::new());
    handle.started().await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let found = std::mem::take(&mut *found.lock().unwrap());
    let [start, tick] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_deadlock(start, "curious.look → curious");
    assert_deadlock(tick, "curious.tick → curious");
    assert_eq!(client.peek().await, Ok(8));
}

/// Keeps calls in its state, where loop and methods poll them in turns.
#[derive(Default)]
struct Keeper(Option<Job>);

#[actor]
impl Keeper {
    #[command(ack)]
    pub(crate) fn keep(&mut self, job: Job) {
        self.0 = Some(job);
    }

    pub(crate) fn peek(&self) -> u32 {
        6
    }

    pub(crate) async fn finish(&mut self, first: Job) -> Outcome {
        let _ = first.await;
        match &mut self.0 {
            Some(job) => job.await,
            None => Ok(0),
        }
    }

    #[on(poll_kept(&mut self.0), if self.0.is_some())]
    fn done(&mut self, _outcome: Outcome) {
        self.0 = None;
    }
}

async fn poll_kept(job: &mut Option<Job>) -> Outcome {
    match job {
        Some(job) => job.await,
        None => std::future::pending().await,
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_the_loop_polls_is_no_wait() {
    let keeper = Keeper::default().spawn(CancellationToken::new());
    let itself = keeper.clone();
    let (tell, told) = oneshot::channel();
    let call = job(async move {
        let _ = tell.send(itself.peek().await);
        Ok(0)
    });
    soon(keeper.keep(call)).await.unwrap();
    assert_eq!(soon(told).await.unwrap(), Ok(6));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_the_loop_began_is_a_wait_once_a_method_polls_it() {
    let keeper = Keeper::default().spawn(CancellationToken::new());
    let db = db();
    let (there, back) = (db.clone(), keeper.clone());
    let (go, gone) = oneshot::channel();
    let (tell, told) = oneshot::channel();
    let begins = job(async move {
        load(&there, async move {
            gone.await.unwrap();
            let outcome = back.peek().await;
            let _ = tell.send(outcome);
            Ok(1)
        })
        .await
    });
    soon(keeper.keep(begins)).await.unwrap();
    idle().await;
    let finish = spawn({
        let keeper = keeper.clone();
        async move { keeper.finish(job(async { Ok(0) })).await? }
    });
    idle().await;
    go.send(()).unwrap();
    assert_deadlock(
        &soon(told).await.unwrap(),
        "keeper.finish → db.load → keeper",
    );
    assert_eq!(soon(finish).await.unwrap(), Ok(1));
}

#[tokio::test(start_paused = true)]
async fn a_command_that_was_accepted_before_a_method_waits_may_have_run() {
    let keeper = Keeper::default().spawn(CancellationToken::new());
    let db = db();
    let (there, back) = (db.clone(), keeper.clone());
    let (go, gone) = oneshot::channel();
    let begins = job(async move {
        load(&there, async move {
            gone.await.unwrap();
            back.peek().await
        })
        .await
    });
    soon(keeper.keep(begins)).await.unwrap();
    idle().await;
    // The database waits for this method before it waits for the database.
    let first = job(async move {
        go.send(()).unwrap();
        idle().await;
        Ok(0)
    });
    let error = soon(keeper.finish(first)).await.unwrap().unwrap_err();
    assert_deadlock(&Err(error.clone()), "db.load → keeper.finish → db");
    assert!(!error.never_ran(), "the database has run");
}

#[tokio::test(start_paused = true)]
async fn the_error_says_what_it_is() {
    let cache = cache();
    let itself = cache.clone();
    let outcome = soon(get(&cache, async move { itself.peek().await })).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.to_string(), "a deadlock: cache.get → cache");
    assert_eq!(format!("{error:?}"), "Deadlock(Cycle(cache.get → cache))");
    assert!(error.never_ran(), "it was not sent");
    assert!(error.source().is_none());
    assert_eq!(error.clone(), error);
    let error = io::Error::from(error);
    assert_eq!(error.kind(), io::ErrorKind::Deadlock);
    assert_eq!(error.to_string(), "a deadlock: cache.get → cache");
}

#[tokio::test(start_paused = true)]
async fn a_method_that_panics_leaves_no_wait_behind() {
    let (cache, db) = (cache(), db());
    let (there, back) = (db.clone(), cache.clone());
    let (go, gone) = oneshot::channel();
    let call = spawn(async move {
        get(&cache, async move {
            let _dropped = PanicOnDrop;
            select! {
                _ = there.peek() => {}
                _ = gone => {}
            }
            Ok(0)
        })
        .await
    });
    let answer = spawn(async move {
        load(&db, async move {
            idle().await;
            go.send(()).unwrap();
            idle().await;
            back.peek().await
        })
        .await
    });
    assert_eq!(soon(call).await.unwrap(), Err(CallError::Panicked));
    assert_eq!(
        soon(answer).await.unwrap(),
        Err(CallError::Closed(Why::Panicked))
    );
    // The thread no longer polls a method, so this call comes from none.
    let (cache, runner) = Cache::default().builder().into_runner();
    let mut call = pin!(cache.peek());
    assert!(poll_once(call.as_mut()).is_pending());
    drop(runner);
    assert_eq!(soon(call).await, Err(CallError::Refused));
}

#[test]
fn a_call_that_blocks_inside_a_method_gets_an_error() {
    on_four_threads(async {
        let cache = cache();
        let itself = cache.clone();
        let outcome = get(&cache, async move {
            task::block_in_place(|| itself.blocking_peek())
        })
        .await;
        assert_deadlock(&outcome, "cache.get → cache");
    });
}

/// A thread that blocks in a method may meanwhile poll other actors from their start to their end.
#[test]
fn a_method_that_runs_other_actors_meanwhile_still_waits_as_itself() {
    on_four_threads(async {
        let cache = cache();
        let itself = cache.clone();
        let outcome = get(&cache, async move {
            task::block_in_place(|| {
                let mut runtime = runtime::Builder::new_current_thread();
                runtime.enable_time().build().unwrap().block_on(async {
                    let other = Supervisor::new(Cache::default)
                        .backoff(Duration::ZERO, Duration::ZERO)
                        .spawn();
                    let failed = other.get(job(async { panic!("out of luck") })).await;
                    assert_eq!(failed.unwrap_err(), CallError::Panicked);
                    other.peek().await.unwrap();
                });
            });
            itself.peek().await
        })
        .await;
        assert_deadlock(&outcome, "cache.get → cache");
    });
}

/// Whatever the order in which the threads come, one of the two finds the cycle, and each call returns.
#[test]
fn calls_that_cross_each_other_return_on_several_threads() {
    on_four_threads(async {
        let mut deadlocks = 0;
        for _ in 0..2_000 {
            let (cache, db) = (cache(), db());
            let (there, back) = (db.clone(), cache.clone());
            let mut calls = JoinSet::new();
            calls.spawn(async move { get(&cache, async move { there.peek().await }).await });
            calls.spawn(async move { load(&db, async move { back.peek().await }).await });
            for outcome in calls.join_all().await {
                match outcome {
                    Ok(0) => {}
                    Err(CallError::Deadlock(_)) => deadlocks += 1,
                    other => panic!("{other:?}"),
                }
            }
        }
        assert!(deadlocks > 0, "the calls never met");
    });
}

/// Actors call each other at random. Whatever cycles there are, nobody waits forever.
#[test]
fn nobody_hangs_among_actors_that_call_each_other_at_random() {
    watched(|| {
        crate::support::runtime_of(2).block_on(async {
            let actors: Arc<Vec<CacheClient>> = Arc::new((0..8).map(|_| cache()).collect());
            let mut calls = JoinSet::new();
            for seed in 0..64_u64 {
                let actors = Arc::clone(&actors);
                calls.spawn(async move {
                    for round in 0..50_u64 {
                        let way = (seed * 50 + round).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                        let first = usize::try_from(way % 8).unwrap();
                        let outcome = actors[first].get(wander(Arc::clone(&actors), way, 4)).await;
                        assert!(matches!(
                            outcome.unwrap(),
                            Ok(_) | Err(CallError::Deadlock(_))
                        ));
                    }
                });
            }
            calls.join_all().await;
        });
    });
}

fn wander(actors: Arc<Vec<CacheClient>>, way: u64, steps: u32) -> Job {
    job(async move {
        let next = usize::try_from((way >> (steps * 8)) % 8).unwrap();
        match steps {
            0 => Ok(0),
            steps => {
                actors[next]
                    .get(wander(Arc::clone(&actors), way, steps - 1))
                    .await?
            }
        }
    })
}
