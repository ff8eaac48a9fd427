use actor_runtime::actor;

pub trait Job {
    type Item;
}

pub trait Game {
    type Job;
}

pub trait Player {
    type Item;
}

/// A type that is one only if its parameter is a job.
pub struct Ticket<J: Job>(pub J);

pub struct Table<G: Game, P> {
    jobs: Vec<G::Job>,
    _player: P,
}

// The commands use `G` alone, so the enum and the client have no `P`.
#[actor]
impl<G, P> Table<G, P>
where
    G: Game,
    P: Player,
    G::Job: Job<Item = P::Item> + Into<P>,
{
    pub fn add(&mut self, job: G::Job) {
        self.jobs.push(job);
    }

    pub fn take(&mut self) -> Option<Ticket<G::Job>> {
        self.jobs.pop().map(Ticket)
    }
}

pub struct Chess;

impl Game for Chess {
    type Job = u8;
}

impl Job for u8 {
    type Item = ();
}

pub fn main() {
    let (client, _inbox) = actor_runtime::channel_of::<TableClient<Chess>>(1);
    drop(client.add(1));
}
