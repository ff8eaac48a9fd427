use actor_runtime::{actor, Actor, CancellationToken};

struct Counter<N>(N);

#[actor]
impl<N> Counter<N> {
    pub fn get(&self) -> N
    where
        N Clone,
    {
        self.0.clone()
    }

    pub fn set(&mut self, n: N) {
        self.0 = n;
    }
}

async fn call(counter: Counter<u32>) {
    let counter = counter.spawn(CancellationToken::new());
    let _: u32 = counter.get().await.unwrap();
    counter.set(1).await.unwrap();
}

fn main() {}
