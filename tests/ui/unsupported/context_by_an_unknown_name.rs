use actor_runtime::{Context, actor};

pub struct Cache;

type C = Context<Cache>;

#[actor]
impl Cache {
    pub fn stop(&mut self, c: &mut C) {
        c.stop();
    }

    #[on_start]
    fn open(&mut self, c: &mut C) {
        c.stop();
    }

    #[on_stop]
    fn close(&mut self, c: &mut C) {
        c.stop();
    }
}

fn main() {}
