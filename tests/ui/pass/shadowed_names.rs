//! What the generated code names is not what these names mean here.
#![allow(dead_code, non_snake_case, non_upper_case_globals, unused_macros)]

pub struct Option;
pub struct Result;
pub struct String;
pub struct Vec;
pub struct Box;
pub struct PathBuf;
pub struct Actor;
pub struct Client;
pub struct Command;
pub struct Context;
pub struct Inbox;
pub struct Reply;
pub struct Sender;
pub trait Clone {}
pub trait Debug {}
pub trait Default {}
pub trait Future {}
pub trait Into {}
pub trait Send {}
pub trait Sync {}
pub trait ToOwned {}
pub const Ok: u8 = 0;
pub const Err: u8 = 0;
pub const Some: u8 = 0;
pub const None: u8 = 0;
pub fn drop() {}
pub mod actor_runtime {}
pub mod core {}
pub mod std {}
pub mod tokio {}
pub mod __private {}
macro_rules! matches {
    () => {};
}
macro_rules! panic {
    () => {};
}

pub struct Cache(u32);

#[::actor_runtime::actor(on_stopped = default)]
impl Cache {
    #[command(try, blocking)]
    pub fn get(&self, key: &str) -> u32 {
        let _ = key;
        self.0
    }

    #[command(ack)]
    pub async fn set(&mut self, bytes: &[u8]) {
        self.0 = u32::from(bytes.is_empty());
    }

    #[command(on_stopped = error)]
    pub fn own(&self, option: Option, vec: Vec, string: String) -> Result {
        let _ = (option, vec, string);
        Result
    }
}

fn main() {}
