use actor_runtime::actor;

pub struct Cache(u8);

pub struct Buffer(Vec<u8>);

#[actor]
impl Cache {
    pub fn fill(&self, ctx: &mut Buffer) {
        ctx.0.push(self.0);
    }
}

fn main() {}
