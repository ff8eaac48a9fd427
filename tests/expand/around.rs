//! Methods that run before and after each command.

use actor_runtime::Context;
use actor_runtime::actor;

#[derive(Default)]
pub struct Journal {
    lines: Vec<String>,
    committed: usize,
}

#[actor]
impl Journal {
    pub fn len(&self) -> usize {
        self.committed
    }

    pub fn append(&mut self, line: String) {
        self.lines.push(line);
    }

    #[command(last)]
    pub fn into_lines(self) -> Vec<String> {
        self.lines
    }

    #[before_each]
    async fn begin(&mut self, ctx: &mut Context<Self>) -> Result<(), std::io::Error> {
        drop(ctx.token());
        std::future::ready(Ok(())).await
    }

    #[after_each]
    fn commit(&mut self) {
        self.committed = self.lines.len();
    }
}

pub fn main() {}
