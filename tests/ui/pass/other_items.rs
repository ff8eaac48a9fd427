//! Items that a block may have in addition to commands.

use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use actor_runtime::actor;

macro_rules! helper {
    ($name:ident) => {
        fn $name(&self) -> u32 {
            self.port
        }
    };
}

#[derive(Default)]
pub struct Server {
    port: u32,
}

#[actor]
impl Server {
    #![allow(clippy::needless_pass_by_value)]

    pub const DEFAULT: Self = Self { port: 80 };
    const PORTS: [u32; 2] = if Self::DEFAULT.port == 80 {
        [80, 443]
    } else {
        [0; 2]
    };
    pub(crate) const CHECK: fn(u32) -> bool = |port| port != 0;

    helper! { first }
    helper!(second);

    pub fn new() -> Self {
        Self::default()
    }

    pub const fn with_port(mut self, port: u32) -> Self {
        self.port = port;
        self
    }

    pub fn boxed(self: Box<Self>) -> u32 {
        self.port
    }

    pub fn shared(self: Arc<Self>) -> u32 {
        self.port
    }

    pub fn counted(self: &Rc<Self>) -> u32 {
        self.port
    }

    pub fn pinned(self: Pin<&mut Self>) -> u32 {
        self.port
    }

    pub fn parse<T: std::str::FromStr>(text: &str) -> Option<T> {
        text.parse().ok()
    }

    fn private<'a, T>(&'a self, value: &'a T) -> &'a T {
        let _ = (self.first(), self.second());
        value
    }

    #[command(skip)]
    pub fn borrowed(&self) -> impl Iterator<Item = &u32> {
        self.private(&Self::PORTS).iter()
    }

    // Commands, spelled in less usual ways.

    pub fn typed(self: &Self) -> u32 {
        self.port
    }

    pub fn typed_mut(self: &mut Self, port: u32) {
        self.port = port;
    }

    pub fn lifetime(&'_ self) -> u32 {
        self.port
    }

    pub const fn constant(&self) -> u32 {
        self.port
    }

    pub extern "C" fn foreign(&self) -> u32 {
        self.port
    }

    #[inline]
    #[must_use]
    pub async fn by_callback(
        &self,
        f: fn(&str) -> &str,
        g: Box<dyn Fn(&str) -> u32 + Send>,
    ) -> u32 {
        g(f("text"))
    }

    pub fn with_attribute(&self, #[allow(unused_variables)] port: u32) {}
}

pub fn main() {
    let server = Server::new().with_port(1);
    assert_eq!(server.borrowed().count(), 2);
    let _: Option<u32> = Server::parse("1");
    let (client, _inbox) = actor_runtime::channel::<Server>(8);
    drop((
        client.typed(),
        client.typed_mut(1),
        client.lifetime(),
        client.constant(),
    ));
    drop(client.by_callback(|text| text, Box::new(|_| 1)));
    assert!(Server::CHECK(Server::DEFAULT.port));
}
