use actor_runtime::actor;

pub struct Counter(u32);

type Shared<'a> = &'a Counter;

#[actor]
impl Counter {
    pub fn get(self: Shared<'_>) -> u32 {
        self.0
    }

    pub fn into_inner(self: Counter) -> u32 {
        self.0
    }

    #[command(skip)]
    pub fn peek(self: Shared<'_>) -> u32 {
        self.0
    }

    pub fn add(&mut self, n: u32) {
        self.0 += n;
    }
}

fn main() {}
