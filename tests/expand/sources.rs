use std::io;
use std::time::Duration;

use actor_runtime::Context;
use actor_runtime::actor;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;

pub struct Relay {
    socket: UdpSocket,
    lines: Option<mpsc::Receiver<String>>,
    is_open: bool,
    flush: Duration,
    pending: Vec<String>,
}

#[actor]
impl Relay {
    pub fn send(&mut self, line: String) {
        self.pending.push(line);
    }

    #[every(self.flush)]
    async fn flush(&mut self) {
        for line in self.pending.drain(..) {
            let _ = self.socket.send(line.as_bytes()).await;
        }
    }

    #[on(self.socket.readable())]
    fn receive(&mut self, readable: io::Result<()>, ctx: &mut Context<Self>) {
        if readable.is_err() {
            ctx.stop();
        }
    }

    #[on(next_line(&mut self.lines), if self.is_open)]
    fn line(&mut self, line: Option<String>) {
        match line {
            Some(line) => self.pending.push(line),
            None => self.is_open = false,
        }
    }
}

async fn next_line(lines: &mut Option<mpsc::Receiver<String>>) -> Option<String> {
    lines.as_mut()?.recv().await
}

fn main() {}
