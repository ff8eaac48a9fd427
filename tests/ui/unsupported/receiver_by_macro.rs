use actor_runtime::actor;

macro_rules! receiver {
    () => {
        &Self
    };
}

pub struct Cache;

#[actor]
impl Cache {
    pub fn get(self: receiver!()) -> u8 {
        1
    }

    #[command(skip)]
    pub fn skipped(self: receiver!()) -> u8 {
        1
    }

    fn private(self: receiver!()) -> u8 {
        1
    }
}

fn main() {}
