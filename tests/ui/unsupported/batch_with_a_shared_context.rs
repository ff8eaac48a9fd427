use actor_runtime::{Context, actor};

pub struct Cache;

#[actor]
impl Cache {
    #[command(batch = 8)]
    pub fn add(&mut self, rows: Vec<u8>, ctx: &Context<Self>) {
        drop(rows);
        let _ = ctx;
    }
}

fn main() {}
