use actor_runtime::{actor, Actor, CancellationToken};

struct Counter(u32);

#[actor]
impl Counter {
    pub fn get(&self): u32 {
        self.0
    }

    pub fn add(&mut self, n: u32) {
        self.0 += n;
    }

    pub fn reset(&mut self) {
        self.0 = 0;
    }
}

async fn call(counter: Counter) {
    let counter = counter.spawn(CancellationToken::new());
    let _: u32 = counter.get().await.unwrap();
    counter.add(1).await.unwrap();
    counter.reset().await.unwrap();
}

fn main() {}
