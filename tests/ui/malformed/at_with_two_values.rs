use actor_runtime::actor;

pub struct Cache {
    is_open: bool,
}

#[actor]
impl Cache {
    pub fn len(&self) -> usize {
        0
    }

    #[at(None, if self.is_open)]
    fn expire(&mut self) {}
}

fn main() {}
