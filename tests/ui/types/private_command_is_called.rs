mod cache {
    use actor_runtime::actor;

    pub struct Cache;

    #[actor]
    impl Cache {
        pub fn get(&self) -> u8 {
            1
        }

        #[command]
        fn clear(&mut self) {}
    }
}

async fn run(cache: cache::CacheClient) {
    let _ = cache.get().await;
    let _ = cache.clear().await;
}

fn main() {
    let _ = run;
}
