use actor_runtime::actor;

struct Feed;

#[actor(remote, event = f64)]
impl Feed {
    pub fn last(&self) -> f64 {
        0.0
    }
}

fn main() {}
