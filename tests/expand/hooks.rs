use std::io;

use actor_runtime::{Context, StopReason};
use actor_runtime::actor;

pub struct Session {
    user: Option<String>,
}

#[actor]
impl Session {
    pub fn user(&self) -> Option<String> {
        self.user.clone()
    }

    #[on_start]
    async fn log_in(&mut self) -> io::Result<()> {
        self.user = Some("root".to_owned());
        Ok(())
    }

    #[on_stop]
    async fn log_out(&mut self, reason: StopReason, ctx: &mut Context<Self>) {
        if reason == StopReason::Cancelled {
            self.user = None;
            ctx.spawn(async {});
        }
    }
}

fn main() {}
