use std::rc::Rc;

use actor_runtime::{Actor, CancellationToken, actor};

pub struct Cache(Vec<u8>);

#[actor]
impl Cache {
    #[command(last)]
    pub async fn into_values(self) -> Vec<u8> {
        let values = Rc::new(self.0);
        std::future::ready(()).await;
        values.to_vec()
    }
}

fn main() {
    let _ = Cache(Vec::new()).spawn(CancellationToken::new());
}
