use actor_runtime::{Reply, actor};

struct Cache;

#[actor(try, blocking)]
impl Cache {
    pub fn get(&self, key: &str) -> Option<Value> {
        let _ = key;
        None
    }

    pub async fn set(&mut self, rows: Vec<Row>) {
        drop(rows);
    }

    pub fn find(&self, reply: Reply<Result<u8, Missing>>) {
        reply.send(Ok(1));
    }
}

fn main() {}
