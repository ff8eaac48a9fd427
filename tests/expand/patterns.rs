use actor_runtime::actor;
use tokio::sync::mpsc;

pub struct Market {
    prices: mpsc::Receiver<(String, u32)>,
    bells: mpsc::Receiver<()>,
    is_open: bool,
    total: u32,
}

#[actor]
impl Market {
    pub fn total(&self) -> u32 {
        self.total
    }

    #[on(Some((_, price)) = self.prices.recv(), if self.is_open)]
    fn price(&mut self, price: u32) {
        self.total += price;
    }

    #[on(Some(()) = self.bells.recv())]
    fn bell(&mut self) {
        self.is_open = !self.is_open;
    }
}

fn main() {}
