use std::rc::Rc;

use actor_runtime::actor;

struct Feed {
    last: u32,
}

#[actor]
impl Feed {
    #[on(Some(price) = self.next())]
    fn add(&mut self, price: u32) {
        self.last = price;
    }

    // The future is `Send`, and the output is not.
    #[on(Some(name) = async { Some(Rc::new(1)) })]
    fn rename(&mut self, name: Rc<u32>) {
        self.last = *name;
    }

    async fn next(&self) -> Option<u32> {
        let shared = Rc::new(self.last);
        std::future::ready(()).await;
        Some(*shared)
    }
}

fn main() {}
