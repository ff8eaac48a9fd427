use actor_runtime::actor;

pub struct Name<'a>(&'a str);

// Only a name that is borrowed forever is this actor.
#[actor]
impl Name<'static> {
    pub async fn get(&self) -> &'static str {
        self.0
    }
}

fn main() {}
