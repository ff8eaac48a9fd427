use actor_runtime::{Context, actor};

pub struct Cache;

#[actor]
impl Cache {
    #[every(std::time::Duration::from_secs(1))]
    fn tick(&mut self, one: &mut Context<Self>, two: &mut Context<Self>) {
        one.stop();
        two.stop();
    }
}

fn main() {}
