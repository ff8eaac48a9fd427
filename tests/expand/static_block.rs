use actor_runtime::actor;

pub struct Name<'a>(&'a str);

// Only a `Name` whose borrow lasts forever is an actor.
#[actor]
impl Name<'static> {
    pub async fn get(&self) -> &'static str {
        self.0
    }
}

fn main() {}
