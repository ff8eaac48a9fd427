use actor_runtime::{Actor as _, CancellationToken, actor};

pub struct Cache<'a>(&'a str);

#[actor]
impl<'a> Cache<'a> {
    pub fn get(&self) -> String {
        self.0.to_owned()
    }
}

fn main() {
    let text = String::from("text");
    Cache(&text).spawn(CancellationToken::new());
}
