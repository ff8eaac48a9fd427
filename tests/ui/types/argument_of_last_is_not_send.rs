use std::rc::Rc;

use actor_runtime::actor;

pub struct Cache(Vec<u8>);

#[actor]
impl Cache {
    #[command(last)]
    pub async fn into_values(self, except: Rc<u8>) -> Vec<u8> {
        std::future::ready(()).await;
        let values = self.0.into_iter();
        values.filter(|value| *value != *except).collect()
    }
}

fn main() {}
