//! Actors whose state borrows, visibly in its type or not.

use actor_runtime::{Actor as _, CancellationToken};

use crate::support::soon;

mod named {
    use actor_runtime::actor;
    use tokio::task::yield_now;

    pub(super) struct Named<'a> {
        name: &'a str,
    }

    #[actor]
    impl<'a> Named<'a> {
        pub(super) fn new(name: &'a str) -> Self {
            Self { name }
        }

        pub(super) async fn name(&self) -> String {
            yield_now().await;
            self.name.to_owned()
        }

        pub(super) fn shorten(&mut self, length: usize) {
            self.name = &self.name[..length];
        }
    }
}

mod elided {
    use actor_runtime::actor;
    use tokio::task::yield_now;

    pub(super) struct Reader<'a>(pub(super) &'a str);

    #[actor]
    impl Reader<'_> {
        pub(super) async fn length(&self) -> usize {
            yield_now().await;
            self.0.len()
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_lifetime_of_a_block_may_be_elided() {
    let reader = elided::Reader("four").spawn(CancellationToken::new());
    assert_eq!(reader.length().await.unwrap(), 4);
}

mod for_ever {
    use actor_runtime::{Context, actor};
    use tokio::task::yield_now;

    pub(super) struct Name<'a, T>(pub(super) &'a str, pub(super) T);

    #[actor]
    impl<T: Clone + Send + 'static> Name<'static, T> {
        pub(super) async fn get(&mut self) -> (&'static str, T) {
            yield_now().await;
            (self.0, self.1.clone())
        }

        pub(super) fn set(&mut self, name: &'static str, context: &mut Context<Self>) {
            context.stop();
            self.0 = name;
        }

        fn _private<'b>(&'b self, other: &'b str) -> &'b str {
            if other.is_empty() { self.0 } else { other }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_block_may_be_for_static_borrows_only() {
    let name = for_ever::Name("Anna", 1_u8);
    let (client, handle) = name.spawn_with_handle(CancellationToken::new());
    assert_eq!(soon(client.get()).await, Ok(("Anna", 1)));
    client.set("Ann").await.unwrap();
    assert_eq!(soon(handle).await.state.unwrap().0, "Ann");
}

#[tokio::test(start_paused = true)]
async fn the_state_may_borrow_for_ever() {
    let named = named::Named::new("Anna").spawn(CancellationToken::new());
    named.shorten(3).await.unwrap();
    assert_eq!(named.name().await.unwrap(), "Ann");
}

mod related {
    use actor_runtime::actor;
    use tokio::task::yield_now;

    pub(super) struct Parts<'a, 'b: 'a>(pub(super) &'a str, pub(super) &'b str);

    #[actor]
    impl<'a, 'b: 'a> Parts<'a, 'b> {
        pub(super) async fn length(&self) -> usize {
            yield_now().await;
            self.0.len() + self.1.len()
        }

        pub(super) fn trim(&mut self, text: &'_ str) {
            self.0 = self.0.trim_matches(|letter| text.contains(letter));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn lifetimes_may_be_related() {
    let parts = related::Parts("a-", "bc").spawn(CancellationToken::new());
    assert_eq!(soon(parts.length()).await, Ok(4));
    parts.trim("-").await.unwrap();
    assert_eq!(soon(parts.length()).await, Ok(3));
}

mod hidden {
    use actor_runtime::actor;
    use tokio::task::yield_now;

    pub(super) trait Backend: Send + Sync {
        fn load(&self) -> u8;
    }

    impl Backend for u8 {
        fn load(&self) -> u8 {
            *self
        }
    }

    pub(super) struct Repository<T>(pub(super) T);

    #[actor(client = BoxedClient, command = BoxedCommand)]
    impl Repository<Box<dyn Backend>> {
        pub(super) async fn load(&self) -> u8 {
            yield_now().await;
            self.0.load()
        }
    }

    type Text = &'static str;

    #[actor(client = TextClient, command = TextCommand)]
    impl Repository<Text> {
        pub(super) async fn text(&mut self) -> Text {
            yield_now().await;
            self.0
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_type_may_hide_its_lifetime() {
    let backend: Box<dyn hidden::Backend> = Box::new(7);
    let boxed = hidden::Repository(backend).spawn(CancellationToken::new());
    assert_eq!(soon(boxed.load()).await, Ok(7));
    let text = hidden::Repository("text").spawn(CancellationToken::new());
    assert_eq!(soon(text.text()).await, Ok("text"));
}
