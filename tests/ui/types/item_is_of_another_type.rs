use actor_runtime::{Stream, actor};

fn numbers() -> impl Stream<Item = u8> + Send {
    Never
}

struct Never;

impl Stream for Never {
    type Item = u8;

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<u8>> {
        std::task::Poll::Pending
    }
}

pub struct Cache;

#[actor]
impl Cache {
    #[stream(numbers())]
    fn item(&mut self, text: String) {
        drop(text);
    }
}

fn main() {}
