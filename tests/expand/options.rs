use actor_runtime::actor;

const ROWS: usize = 8;

struct Pipe {
    bytes: Vec<u8>,
}

#[actor(
    capacity = 4 * ROWS,
    command = Request,
    client = Handle,
    vis = pub(crate),
    crate = ::actor_runtime,
)]
impl Pipe {
    pub fn push(&mut self, byte: u8) {
        self.bytes.push(byte);
    }
}

struct Funnel;

#[actor(unbounded)]
impl Funnel {
    pub(crate) fn pour(&mut self, _litres: u32) {}
}

pub fn main() {
    let (pipe, _inbox) = actor_runtime::channel::<Pipe>(ROWS);
    drop(pipe.push(1));
    let (funnel, _inbox) = actor_runtime::channel::<Funnel>(1);
    drop(funnel.pour(2));
}
