//! An actor that is an enum, whose variants are named like associated types of an actor.

pub enum Connection {
    Idle,
    Command(u32),
    Client(u32),
}

#[actor_runtime::actor]
impl Connection {
    pub fn is_idle(&self) -> bool {
        matches!(self, Self::Idle)
    }

    pub fn next(&mut self) {
        *self = match self {
            Self::Idle => Self::Command(1),
            Self::Command(n) => Self::Client(*n),
            Self::Client(_) => Self::Idle,
        };
    }
}

pub fn main() {
    let _ = ConnectionClient::next;
}
