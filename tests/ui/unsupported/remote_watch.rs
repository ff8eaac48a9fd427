use actor_runtime::actor;

struct Feed;

#[actor(remote)]
impl Feed {
    pub fn next(&self) -> f64 {
        0.0
    }

    #[watch]
    pub fn last(&self) -> f64 {
        0.0
    }
}

fn main() {}
