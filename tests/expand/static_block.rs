use actor_runtime::actor;

pub struct Name<'a>(&'a str);

<<<<<<< HEAD:tests/expand/for_ever.rs
// Only a `Name` whose borrow lasts forever is an actor.
=======
// Only a name that is borrowed forever is this actor.
>>>>>>> expand-rooms:tests/expand/static_block.rs
#[actor]
impl Name<'static> {
    pub async fn get(&self) -> &'static str {
        self.0
    }
}

fn main() {}
