use actor_runtime::actor;

struct Feed {
    prices: Vec<u32>,
}

#[actor(local)]
impl Feed {
    #[on(Some(price) = self.prices.pop())]
    fn add(&mut self, price: u32) {
        self.prices.push(price);
    }
}

fn main() {}
