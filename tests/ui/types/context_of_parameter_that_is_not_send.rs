use actor_runtime::{Context, actor};

pub struct Cache<T>(T);

#[actor]
impl<T> Cache<T> {
    pub fn stop(&mut self, value: T, context: &mut Context<Self>) {
        self.0 = value;
        let _ = context;
    }
}

fn main() {}
