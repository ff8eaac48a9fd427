use actor_runtime::{actor, Actor, CancellationToken};

struct Counter(u32);

#[actor]
impl Counter {
    pub fn get(&self) -> Option<u32 {
        Some(self.0)
    }

    pub fn add(&mut self, n: u32) {
        self.0 += n;
    }
}

async fn call(counter: Counter) {
    let counter = counter.spawn(CancellationToken::new());
    counter.get().await.unwrap();
    counter.add(1).await.unwrap();
}

fn main() {}
