use actor_runtime::actor;

struct Log {
    level: &'static str,
}

#[actor(remote)]
impl Log {
    pub fn set_level(&mut self, level: &'static str) {
        self.level = level;
    }

    pub fn check(&self) -> Result<u32, &'static str> {
        Ok(1)
    }

    // Not carried, so it may borrow.
    #[command]
    fn reset(&mut self, level: &'static str) {
        self.level = level;
    }
}

fn main() {}
