//! The usual hand-written actor: tokio's `mpsc` for commands, and its `oneshot` for answers.

use std::collections::VecDeque;

use actor_runtime::{CallError, CancellationToken, Why};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use crate::plan::{Death, Fate, Lane, Plan, Step, pass};
use crate::subject::{BoxFuture, Client, Ended, How, Order, Subject, Victim, panic_quietly};

pub(crate) struct Plain;

impl Subject for Plain {
    const DEATHS: &'static [Death] = &[Death::TokenStops, Death::Abort, Death::Panic];
    const LANES: &'static [Lane] = &[Lane::Bounded];

    fn start(plan: Plan) -> Victim {
        let (sender, receiver) = mpsc::channel(plan.capacity);
        let fate = plan.fate();
        let executioner = fate.executioner();
        let token = CancellationToken::new();
        let task = tokio::spawn(run(fate, receiver, token.clone()));
        let death = async move {
            executioner.moment().await;
            match plan.death {
                Death::TokenStops => token.cancel(),
                Death::Abort => task.abort(),
                _ => {}
            }
            // The task may have panicked, as planned.
            let _ = task.await;
            Ended {
                counts: None,
                restarts: 0,
                mistake: None,
            }
        };
        Victim {
            client: Box::new(PlainClient(sender)),
            death: Box::pin(death),
        }
    }
}

enum Command {
    Call {
        order: Order,
        reply: oneshot::Sender<usize>,
    },
    Cast {
        order: Order,
    },
    Defer {
        order: Order,
        reply: oneshot::Sender<usize>,
    },
}

async fn run(mut fate: Fate, mut receiver: mpsc::Receiver<Command>, token: CancellationToken) {
    let mut kept = VecDeque::new();
    loop {
        let command = tokio::select! {
            biased;
            () = token.cancelled() => return,
            command = receiver.recv() => command,
        };
        match command {
            None => return,
            Some(Command::Call { order, reply }) => {
                // The caller may have left.
                let _ = reply.send(carry_out(&mut fate, order).await);
            }
            Some(Command::Cast { order }) => {
                carry_out(&mut fate, order).await;
            }
            Some(Command::Defer { order, reply }) => {
                kept.push_back((carry_out(&mut fate, order).await, reply));
            }
        }
        while kept.len() > fate.plan.keeps {
            if let Some((number, reply)) = kept.pop_front() {
                let _ = reply.send(number);
            }
        }
    }
}

async fn carry_out(fate: &mut Fate, mut order: Order) -> usize {
    order.begin();
    match fate.next() {
        Step::Panic => panic_quietly(),
        Step::PanicAfterWaiting => {
            pass(1).await;
            panic_quietly();
        }
        Step::Wait => pass(1).await,
        Step::Linger => pass(4).await,
        Step::Return | Step::PanicInTask | Step::Stop | Step::WaitForEver => {}
    }
    order.finish()
}

struct PlainClient(mpsc::Sender<Command>);

impl Client for PlainClient {
    fn another(&self) -> Box<dyn Client> {
        Box::new(Self(self.0.clone()))
    }

    fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    fn send(&self, how: How, order: Order) -> BoxFuture<'_, Result<Option<usize>, CallError>> {
        let (reply, answer) = oneshot::channel();
        let command = match how {
            How::Call | How::TryCall | How::CallFirst | How::TryCallFirst => {
                Command::Call { order, reply }
            }
            How::Defer | How::TryDefer => Command::Defer { order, reply },
            How::Cast | How::TryCast | How::CastFirst | How::TryCastFirst => {
                Command::Cast { order }
            }
        };
        let is_cast = matches!(command, Command::Cast { .. });
        Box::pin(async move {
            if how.is_try() {
                self.0.try_send(command).map_err(|error| match error {
                    TrySendError::Full(_) => CallError::Full,
                    TrySendError::Closed(_) => CallError::Closed(Why::Unknown),
                })?;
            } else {
                let sent = self.0.send(command).await;
                sent.map_err(|_| CallError::Closed(Why::Unknown))?;
            }
            if is_cast {
                return Ok(None);
            }
            answer.await.map(Some).map_err(|_| CallError::Unanswered)
        })
    }
}
