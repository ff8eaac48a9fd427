//! The actors: one that is supervised and fails, one with all kinds of commands, and one with sources. They call each
//! other in a circle, so that some calls would deadlock.

use std::panic;
use std::sync::Arc;
use std::time::Duration;

use actor_runtime::{CallError, Context, Reply, ReplyStream, actor};

use crate::book::{Run, Ticket, work};
use crate::service::Service;

const MILLISECOND: Duration = Duration::from_millis(1);

/// Panics without a message on the terminal.
fn fail() -> ! {
    panic::resume_unwind(Box::new("soak"))
}

/// The supervised actor, whose callers run most methods in place.
pub(crate) struct Vault {
    pub(crate) service: Arc<Service>,
    pub(crate) incarnation: u32,
    pub(crate) puts: u64,
}

#[actor(capacity = 8, in_place, shutdown = drain)]
impl Vault {
    pub(crate) fn get(&self, ticket: Ticket) -> u64 {
        let run = self.run(ticket);
        run.work_now();
        run.finish();
        self.puts
    }

    #[command(try)]
    pub(crate) fn put(&mut self, ticket: Ticket) {
        let run = self.run(ticket);
        run.work_now();
        self.puts += 1;
        run.finish();
    }

    /// Calls the desk.
    pub(crate) async fn audit(&self, ticket: Ticket) -> Result<u64, CallError> {
        let effort = ticket.effort;
        let run = self.run(ticket);
        let found = self.service.find(effort).await;
        run.finish();
        found
    }

    #[command(ack)]
    pub(crate) fn fail(&mut self, ticket: Ticket) {
        let run = self.run(ticket);
        run.work_now();
        fail();
    }

    #[command(ack)]
    pub(crate) fn fail_aside(&self, ticket: Ticket, ctx: &mut Context<Self>) {
        let effort = ticket.effort;
        let run = self.run(ticket);
        ctx.spawn(async move {
            work(effort).await;
            fail();
        });
        run.finish();
    }

    /// Fails sometimes.
    #[on_start]
    fn open(&mut self) -> Result<(), &'static str> {
        if self.incarnation % 8 == 5 {
            return Err("the vault is jammed");
        }
        Ok(())
    }

    fn run(&self, ticket: Ticket) -> Run {
        self.service.vault.book.run(vec![ticket])
    }
}

/// The actor with commands of all kinds.
pub(crate) struct Desk {
    pub(crate) service: Arc<Service>,
    pub(crate) asked: Vec<Reply<u64>>,
    pub(crate) notes: u64,
}

#[actor(capacity = 4)]
impl Desk {
    #[command(skip_cancelled)]
    pub(crate) async fn find(&self, ticket: Ticket) -> u64 {
        let run = self.run(vec![ticket]);
        run.work().await;
        run.finish();
        self.notes
    }

    #[command(priority, try)]
    pub(crate) async fn find_first(&self, ticket: Ticket) -> u64 {
        let run = self.run(vec![ticket]);
        run.work().await;
        run.finish();
        self.notes
    }

    #[command(batch = 4, arg = ticket)]
    pub(crate) async fn file(&mut self, tickets: Vec<Ticket>) -> Vec<u64> {
        let calls = tickets.len();
        let run = self.run(tickets);
        run.work().await;
        self.notes += 1;
        run.finish();
        vec![self.notes; calls]
    }

    #[command(batch = 4, arg = ticket, try)]
    pub(crate) async fn note(&mut self, tickets: Vec<Ticket>) {
        self.notes += tickets.len() as u64;
        let run = self.run(tickets);
        run.work().await;
        run.finish();
    }

    /// Leaves the answer to a source.
    pub(crate) fn ask(&mut self, ticket: Ticket, reply: Reply<u64>) {
        self.run(vec![ticket]).finish();
        self.asked.push(reply);
    }

    /// Leaves the answer to a task.
    pub(crate) fn delegate(&self, ticket: Ticket, reply: Reply<u64>, ctx: &mut Context<Self>) {
        let (effort, notes) = (ticket.effort, self.notes);
        let run = self.run(vec![ticket]);
        ctx.spawn(async move {
            work(effort).await;
            reply.send(notes);
        });
        run.finish();
    }

    /// Calls the board.
    pub(crate) async fn check(&self, ticket: Ticket) -> Result<u64, CallError> {
        let effort = ticket.effort;
        let run = self.run(vec![ticket]);
        let seen = self.service.look(effort).await;
        run.finish();
        seen
    }

    #[command(ack)]
    pub(crate) fn leave(&self, ticket: Ticket, ctx: &mut Context<Self>) {
        ctx.stop();
        self.run(vec![ticket]).finish();
    }

    #[every(MILLISECOND)]
    fn answer(&mut self) {
        for reply in self.asked.drain(..) {
            reply.send(self.notes);
        }
    }

    fn run(&self, tickets: Vec<Ticket>) -> Run {
        self.service.desk.book.run(tickets)
    }
}

/// The actor with sources, events and a latest value.
pub(crate) struct Board {
    pub(crate) service: Arc<Service>,
    pub(crate) ticks: u64,
}

#[actor(capacity = 4, event = u64, event_capacity = 8)]
impl Board {
    pub(crate) async fn look(&self, ticket: Ticket) -> u64 {
        let run = self.run(vec![ticket]);
        run.work().await;
        run.finish();
        self.ticks
    }

    /// Calls the vault.
    pub(crate) async fn copy(&self, ticket: Ticket) -> Result<u64, CallError> {
        let effort = ticket.effort;
        let run = self.run(vec![ticket]);
        let got = self.service.get(effort).await;
        run.finish();
        got
    }

    pub(crate) async fn list(&self, ticket: Ticket, mut reply: ReplyStream<u64>) {
        let effort = ticket.effort;
        let run = self.run(vec![ticket]);
        for item in 0..u64::from(effort) {
            if reply.send(item).await.is_err() {
                break;
            }
        }
        reply.finish();
        run.finish();
    }

    #[command(ack)]
    pub(crate) fn fall(&self, ticket: Ticket) {
        let _run = self.run(vec![ticket]);
        fail();
    }

    #[watch]
    pub(crate) fn ticks(&self) -> u64 {
        self.ticks
    }

    #[every(MILLISECOND)]
    async fn tick(&mut self, ctx: &mut Context<Self>) {
        let run = self.run(Vec::new());
        self.ticks += 1;
        ctx.emit(self.ticks);
        if self.ticks.is_multiple_of(8) {
            // The result is in the vault's book.
            let _ = self.service.put(1).await;
        }
        run.finish();
    }

    fn run(&self, tickets: Vec<Ticket>) -> Run {
        self.service.board.book.run(tickets)
    }
}
