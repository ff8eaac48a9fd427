use actor_runtime::Context;
use actor_runtime::actor;

pub struct Feed {
    items: Vec<String>,
}

#[actor]
impl Feed {
    pub fn refresh(&self, ctx: &mut Context<Self>) {
        let feed = ctx.client().clone();
        ctx.spawn(async move {
            if let Some(feed) = feed.upgrade() {
                let _ = feed.replace(Vec::new()).await;
            }
        });
    }

    /// Replaces all items.
    #[command(priority)]
    fn replace(&mut self, items: Vec<String>) {
        self.items = items;
    }

    // Without an attribute, a private method is left alone.
    fn _len(&self) -> usize {
        self.items.len()
    }
}

struct Counter(u32);

#[actor]
impl Counter {
    #[command]
    fn add(&mut self, number: u32) -> u32 {
        self.0 += number;
        self.0
    }
}

pub fn main() {
    let (feed, _inbox) = actor_runtime::channel::<Feed>(1);
    drop(feed.refresh());
    let (counter, _inbox) = actor_runtime::channel::<Counter>(1);
    drop(counter.add(1));
}
