use std::rc::Rc;

use actor_runtime::{Actor as _, CancellationToken, actor};

pub struct Cache {
    text: Rc<str>,
}

#[actor]
impl Cache {
    pub async fn length(&self) -> usize {
        self.text.len()
    }

    #[every(std::time::Duration::from_secs(1))]
    async fn clear(&mut self) {
        self.text = "".into();
    }
}

fn main() {
    let cache = Cache { text: "".into() };
    let client = cache.spawn(CancellationToken::new());
    drop(client);
}
