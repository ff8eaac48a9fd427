use actor_runtime::actor;

async fn next(text: &str) -> &str {
    text
}

pub struct Cache(String);

#[actor]
impl Cache {
    #[on(next(&self.0))]
    fn one(&mut self, text: &str) {
        let _ = text;
    }
}

fn main() {}
