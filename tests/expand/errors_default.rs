use actor_runtime::actor;

pub struct Inventory {
    items: Vec<String>,
}

#[actor(errors = default)]
impl Inventory {
    pub fn list(&self) -> Vec<String> {
        self.items.clone()
    }

    pub fn add(&mut self, item: String) {
        self.items.push(item);
    }

    #[command(ack)]
    pub fn clear(&mut self) {
        self.items.clear();
    }

    #[command(errors = wrap)]
    pub fn count(&self) -> usize {
        self.items.len()
    }
}

fn main() {}
