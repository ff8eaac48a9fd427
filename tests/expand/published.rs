use actor_runtime::Context;
use actor_runtime::actor;

pub struct Queue<T> {
    waiting: Vec<T>,
}

#[derive(Clone)]
pub enum QueueEvent<T> {
    Added(T),
}

#[actor(event = QueueEvent<T>, event_capacity = 16)]
impl<T: Clone> Queue<T> {
    pub fn add(&mut self, item: T, ctx: &mut Context<Self>)
    where
        T: Send + 'static,
    {
        self.waiting.push(item.clone());
        ctx.emit(QueueEvent::Added(item));
    }

    pub fn take(&mut self) -> Option<T> {
        self.waiting.pop()
    }

    pub fn peek(&self) -> Option<T> {
        self.waiting.last().cloned()
    }

    /// The number of people who wait.
    #[watch]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    #[watch]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

fn main() {}
