use std::time::Duration;

use actor_runtime::actor;

#[derive(Default)]
pub struct Mailer {
    sent: Vec<String>,
}

#[actor(shutdown = drain, deadline = Duration::from_secs(5), detached)]
impl Mailer {
    pub fn send(&mut self, mail: String) {
        self.sent.push(mail);
    }
}

fn main() {}
