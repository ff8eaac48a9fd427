use actor_runtime::{Context, Notice, Reply, actor};

pub struct Cache<'a>(&'a str);

// The readers have no errors of their own.
#[actor(event = &str)]
impl<'a> Cache<'a> {
    #[watch]
    pub fn name(&self) -> &'a str {
        self.0
    }

    #[watch]
    pub async fn len(&self) -> usize {
        self.0.len()
    }

    #[watch]
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn ask(&self, one: Reply<u8>, two: Reply<u8>) {
        drop((one, two));
    }

    #[every(std::time::Duration::from_secs(1))]
    pub fn tick(&mut self, ctx: &mut Context<Self>) {
        ctx.emit("tick");
    }
}

pub async fn reads(cache: CacheClient) -> Option<usize> {
    let _: &str = cache.name();
    let _: Option<&str> = cache.watch_name().next().await;
    let _: Option<usize> = cache.watch_len().next().await;
    let _: Option<bool> = cache.watch_is_empty().next().await;
    let _: u8 = cache.ask().await.ok()?;
    match cache.subscribe().next().await? {
        Notice::Event(event) => Some(event.len() + cache.len() + usize::from(cache.is_empty())),
        Notice::Missed(_) => None,
    }
}

fn main() {}
