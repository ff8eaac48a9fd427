//! The tasks of actors, as tokio-console shows them: with `--cfg tokio_unstable`, tokio has a span for each.

use std::sync::Arc;

use actor_runtime::{Actor as _, CancellationToken, Context, Supervisor, actor};
use tokio::sync::Notify;

use crate::log::Log;

struct Cache;

#[actor]
impl Cache {
    #[command(ack)]
    pub(crate) fn refresh(&mut self, go_on: Arc<Notify>, ctx: &mut Context<Self>) {
        ctx.spawn(async move { go_on.notified().await });
    }
}

/// Returns tokio's spans of tasks with this name.
fn tasks(log: &Log, name: &str) -> Vec<String> {
    let name = format!(" task.name={name} task.id=");
    let spans = log.spans().into_iter();
    let tasks = spans.filter(|span| span.starts_with("runtime.spawn{"));
    tasks.filter(|span| span.contains(&name)).collect()
}

fn is_at(task: &str, line: u32) -> bool {
    let file = task.contains(r#"loc.file="tests/tracing/tasks.rs""#)
        || task.contains(r#"loc.file="tracing/tasks.rs""#);
    file && task.contains(&format!("loc.line={line} "))
}

#[tokio::test(start_paused = true)]
async fn a_task_has_the_name_of_its_actor_and_the_line_that_spawned_it() {
    let (log, _guard) = Log::start();
    let cache = Cache.spawn(CancellationToken::new());
    let spawned = line!() - 1;
    let named = Cache.builder().name("eu-1").spawn();
    let built = line!() - 1;
    let supervised = Supervisor::new(|| Cache).name("eu-2").spawn();
    let restarted = line!() - 1;
    let go_on = Arc::new(Notify::new());
    named.refresh(Arc::clone(&go_on)).await.unwrap();
    go_on.notify_one();
    let [of_cache] = tasks(&log, "cache").try_into().unwrap();
    assert!(is_at(&of_cache, spawned), "{of_cache}");
    // The actor, and the task that it has spawned.
    let [actor, task] = tasks(&log, "cache eu-1").try_into().unwrap();
    assert!(is_at(&actor, built), "{actor}");
    assert!(is_at(&task, 16), "{task}");
    let [supervisor] = tasks(&log, "cache eu-2").try_into().unwrap();
    assert!(is_at(&supervisor, restarted), "{supervisor}");
    drop((cache, supervised));
}
