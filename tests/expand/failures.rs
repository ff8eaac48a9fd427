use std::io;
use std::num::ParseIntError;

use actor_runtime::{Context, Stream};
use actor_runtime::actor;
use tokio::net::UdpSocket;

pub struct Meter<S> {
    socket: UdpSocket,
    readings: S,
    sum: u64,
}

#[actor]
impl<S: Stream<Item = String> + Unpin + Default + Send + 'static> Meter<S> {
    /// The sum of all readings.
    #[watch]
    pub fn sum(&self) -> u64 {
        self.sum
    }

    pub fn check(&self, limit: u64, ctx: &mut Context<Self>) {
        if self.sum > limit {
            ctx.fail("too much");
        }
    }

    #[stream(std::mem::take(&mut self.readings))]
    fn read(&mut self, reading: String) -> Result<(), ParseIntError> {
        let number: u64 = reading.parse()?;
        self.sum += number;
        Ok(())
    }

    #[on(self.socket.readable())]
    async fn receive(&mut self, readable: io::Result<()>) -> io::Result<()> {
        readable
    }

    #[on_stop]
    async fn report(&mut self) -> io::Result<()> {
        self.socket.send(&self.sum.to_be_bytes()).await?;
        Ok(())
    }
}

fn main() {}
