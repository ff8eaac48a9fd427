use std::borrow::Cow;

use actor_runtime::{Context, Reply, ReplyStream, actor};

pub struct Cache<'a, K, V>(&'a str, K, V);

// The callers have no errors of their own.
#[actor]
impl<'a, K: Clone + Send + 'static, V: Send + 'static> Cache<'a, K, V> {
    pub fn generic<T: Default>(&mut self, value: T) -> T {
        value
    }

    pub fn mutable(&self, buffer: &mut Vec<u8>, _: u8) {
        buffer.clear();
    }

    pub fn borrowed(&self, text: Cow<'a, str>) -> &str {
        drop(text);
        self.0
    }

    pub fn contexts(&self, (key, _): (K, V), context: &Context<Self>) -> Result<K, V> {
        let _ = context;
        Ok(key)
    }

    #[command(errors = default)]
    pub unsafe fn not_safe(&mut self, key: &K) -> Option<K> {
        Some(key.clone())
    }

    #[command(ack)]
    pub fn acknowledged(&self, texts: Vec<impl ToString>) -> u8 {
        drop(texts);
        1
    }

    pub fn deferred(&self, text: &mut String, reply: Reply<u8>) {
        text.clear();
        reply.send(1);
    }

    pub fn streamed(&self, text: &mut String, reply: ReplyStream<u8>) {
        text.clear();
        reply.finish();
    }

    pub fn get_all(&self) -> u8 {
        1
    }

    pub fn getAll(&self) -> u8 {
        2
    }
}

async fn calls(cache: CacheClient<u8, String>) -> Option<()> {
    let _: u8 = cache.generic(1).await.ok()?;
    cache.mutable(&mut vec![1], 2).await.ok()?;
    let _: usize = cache.borrowed("text".into()).await.ok()?.len();
    let _: Result<u8, String> = cache.contexts((1, String::new())).await.ok()?;
    let _: Option<u8> = cache.not_safe(&1).await;
    let _: u8 = cache.acknowledged(vec![1]).await.ok()?;
    let _: u8 = cache.deferred(&mut String::new()).await.ok()?;
    let _: u8 = cache.streamed(&mut String::new()).await.ok()?.next().await?.ok()?;
    let _: u8 = cache.get_all().await.ok()? + cache.getAll().await.ok()?;
    Some(())
}

fn main() {}
