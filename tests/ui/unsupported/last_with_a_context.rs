use actor_runtime::{Context, actor};

pub struct Cache(Vec<u8>);

#[actor]
impl Cache {
    #[command(last)]
    pub fn into_values(self, ctx: &mut Context<Self>) -> Vec<u8> {
        ctx.stop();
        self.0
    }
}

fn main() {}
