//! Receivers that are written out, in parentheses and as fragments of a macro.

use actor_runtime::actor;

macro_rules! counter {
    ($name:ident, $read:ty, $change:ty, $own:ty) => {
        pub struct $name(u8);

        #[actor]
        impl $name {
            pub fn get(self: $read) -> u8 {
                self.0
            }

            pub async fn set(self: $change, value: u8) {
                self.0 = value;
            }

            pub fn next(self: &$own) -> u8 {
                self.0 + 1
            }

            #[watch]
            pub fn latest(self: $read) -> u8 {
                self.0
            }

            #[on_start]
            fn start(self: $change) {}
        }
    };
}

counter!(Counter, &Self, &mut Self, Self);
counter!(Named, &Named, &mut Named, Named);

async fn all(counter: &CounterClient, named: &NamedClient) -> Result<u8, actor_runtime::CallError> {
    counter.set(1).await?;
    named.set(1).await?;
    Ok(counter.get().await? + named.get().await? + counter.next().await? + named.latest())
}

pub struct Bracketed(u8);

#[actor]
impl Bracketed {
    #[allow(unused_parens, reason = "they are the subject of the test")]
    pub fn get(self: (&Self)) -> u8 {
        self.0
    }
}

async fn bracketed(client: &BracketedClient) -> Option<u8> {
    client.get().await.ok()
}

fn main() {}
