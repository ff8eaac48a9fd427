use actor_runtime::actor;

async fn next(number: &mut u8) {
    *number += 1;
}

pub struct Cache(u8);

#[actor]
impl Cache {
    #[on(next(&mut self.0))]
    fn one(&mut self) {}

    #[on(next(&mut self.0))]
    fn two(&mut self) {}
}

fn main() {}
