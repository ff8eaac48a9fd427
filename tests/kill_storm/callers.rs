//! The callers, which live as long as the storm and race with one death after the other.

use std::sync::Arc;

use actor_runtime::CallError;
use tokio::sync::{mpsc, oneshot};
use tokio::task;
use tracing::{Instrument as _, info_span};

use crate::plan::{Death, Plan, Random, pass};
use crate::subject::{Client, Fuse, How, Order, Ticket};
use crate::watchdog::Post;

/// The task of a caller for one actor.
pub(crate) struct Job {
    pub(crate) client: Box<dyn Client>,
    pub(crate) plan: Plan,
    /// The number of the caller among the callers of this actor.
    pub(crate) number: usize,
    pub(crate) log: oneshot::Sender<Vec<Record>>,
}

/// The account of one command, given by its caller.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) number: usize,
    pub(crate) how: How,
    pub(crate) outcome: Outcome,
    /// The number of times the command had begun when the caller learned the outcome.
    pub(crate) begun: usize,
    /// Tells whether the mailbox was closed when the caller learned the outcome.
    pub(crate) is_closed: bool,
    pub(crate) ticket: Arc<Ticket>,
}

#[derive(Debug)]
pub(crate) enum Outcome {
    Answered(usize),
    /// A cast, about which its caller learns nothing further.
    Accepted,
    Failed(CallError),
    /// The caller has left.
    Left,
}

pub(crate) struct Caller {
    pub(crate) jobs: mpsc::UnboundedReceiver<Job>,
    pub(crate) post: Arc<Post>,
}

impl Caller {
    pub(crate) async fn live(mut self) {
        while let Some(job) = self.jobs.recv().await {
            let records = self.race(&job).await;
            drop(job.client);
            // If nobody receives, the storm is over.
            let _ = job.log.send(records);
        }
    }

    /// Calls an actor until it is dead or was called often enough.
    async fn race(&self, job: &Job) -> Vec<Record> {
        let Job { plan, number, .. } = *job;
        let mut random = Random::new(plan.seed.wrapping_add(number));
        let mut log = Vec::new();
        let commands = if plan.death.is_up_to_callers() {
            1 + random.below(3)
        } else {
            usize::MAX
        };
        let mut is_over = false;
        while !is_over && log.len() < commands {
            let how = match random.below(2) {
                // Calls alone leave the actor idle in between, so that most of them run in place.
                0 if plan.is_in_place => How::Call,
                _ => How::ALL[random.below(How::ALL.len())],
            };
            let ticket = Arc::<Ticket>::default();
            let order = Order {
                number: log.len() * 100 + number,
                ticket: Arc::clone(&ticket),
                caller: task::id(),
                fuse: match plan.death {
                    Death::ArgumentPanics => Fuse::Burns,
                    _ => Fuse::Cut,
                },
            };
            let number = order.number;
            let outcome = self.send(&*job.client, how, order, &mut random).await;
            let is_full = matches!(outcome, Outcome::Failed(CallError::Full));
            is_over = match &outcome {
                // Another incarnation may go on. The next call tells.
                Outcome::Failed(CallError::Panicked | CallError::Unanswered) => {
                    !plan.death.is_supervised()
                }
                Outcome::Failed(_) => !is_full,
                Outcome::Answered(_) | Outcome::Accepted | Outcome::Left => false,
            };
            log.push(Record {
                number,
                how,
                outcome,
                begun: ticket.begun(),
                is_closed: job.client.is_closed(),
                ticket,
            });
            // A call that does not wait lets others run.
            if is_full || !how.has_answer() || random.below(4) == 0 {
                pass(1).await;
            }
        }
        log
    }

    async fn send(
        &self,
        client: &dyn Client,
        how: How,
        order: Order,
        random: &mut Random,
    ) -> Outcome {
        let patience = (random.below(8) == 0).then(|| random.below(4));
        let _waiting = self.post.wait(how);
        let sent = client.send(how, order);
        let sent = sent.instrument(info_span!("call"));
        let result = match patience {
            None => sent.await,
            Some(turns) => tokio::select! {
                biased;
                result = sent => result,
                () = pass(turns) => return Outcome::Left,
            },
        };
        match result {
            Ok(Some(answer)) => Outcome::Answered(answer),
            Ok(None) => Outcome::Accepted,
            Err(error) => Outcome::Failed(error),
        }
    }
}
