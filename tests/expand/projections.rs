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

/// A type that is one only if `G` is a game for players like `P`.
pub struct Seat<G, P: Player>(pub G, pub P::Item)
where
    G: Rules<P>;

pub trait Rules<P> {
    type Result;
}

pub struct Hall<G: Rules<P>, P: Player, R> {
    seats: Vec<Seat<G, P>>,
    _results: Vec<R>,
}

// Nobody needs `R` to know what `P::Item` is, and `Seat` needs `G: Rules<P>`.
#[actor]
impl<G, P, R> Hall<G, P, R>
where
    G: Rules<P, Result = R>,
    P: Player,
{
    pub fn sit(&mut self, seat: Seat<G, P>, item: P::Item) {
        self.seats.push(Seat(seat.0, item));
    }
}

pub struct Queue<G: Rules<P>, P: Player> {
    items: Vec<P::Item>,
    _rules: G,
}

// Nor does anybody need `G`.
#[actor]
impl<G, P> Queue<G, P>
where
    G: Rules<P>,
    P: Player,
    G::Result: Job<Item = P::Item>,
{
    pub fn wait(&mut self, item: P::Item) {
        self.items.push(item);
    }
}

pub struct Chess;

impl Player for Chess {
    type Item = u8;
}

impl Game for Chess {
    type Job = u8;
}

impl Job for u8 {
    type Item = ();
}

pub fn main() {
    let (client, _inbox) = actor_runtime::channel_of::<TableClient<Chess>>(1);
    drop(client.add(1));
    let (client, _inbox) = actor_runtime::channel_of::<QueueClient<Chess>>(1);
    drop(client.wait(1));
}
