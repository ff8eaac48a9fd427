use std::error::Error;

use actor_runtime::CallError;
use actor_runtime::actor;

type Failure = Box<dyn Error + Send + Sync>;
type CaptchaResult<T> = Result<T, Failure>;
type Solved = Result<String, u8>;

pub struct Captcha;

#[actor(errors = into(Failure::from))]
impl Captcha {
    pub fn solve(&self, image: Vec<u8>) -> CaptchaResult<usize> {
        Ok(image.len())
    }

    // No `Result` by its name, but by its own option.
    #[command(errors = into(Self::code))]
    pub fn solved(&self) -> Solved {
        Ok(String::new())
    }

    pub fn count(&self) -> usize {
        0
    }

    fn code(_: CallError) -> u8 {
        1
    }
}

fn main() {}
