//! Methods and arguments with the names of generated items.
#![allow(non_snake_case)]

use actor_runtime::{Actor as _, Client as _, actor};

pub struct Methods;

#[actor]
impl Methods {
    pub async fn handle(&mut self) {}
    pub async fn run(&mut self) {}
    pub fn spawn(&self) {}
    pub fn spawn_with_handle(&self) {}
    pub fn builder(&self) {}
    pub fn next(&self) {}
    pub fn send(&self) {}
    pub fn call(&self) {}
    pub fn cast(&self) {}
    pub fn name(&self) {}
    pub fn fmt(&self) {}
    pub fn closed(&self) {}
    pub fn downgrade(&self) {}
    pub fn from_sender(&self) {}
    pub fn as_sender(&self) {}
    pub fn run_send(&self) {}
    pub fn drop(&self) {}
    pub fn into(&self) {}
    pub fn new(&self) {}
    pub fn self_(&self) {}
    pub fn command(&self) {}
    pub fn client(&self) {}
    pub fn r#type(&self) {}
    pub fn r#match(&self) {}
    pub fn _private(&self) {}
    pub fn __(&self) {}
    pub fn grün(&self) {}
    pub fn v1_2(&self) {}
}

pub struct Arguments;

#[actor]
impl Arguments {
    pub fn one(&self, reply: u8, answer: &str, command: u8, context: u8) -> u8 {
        let _ = (answer, command, context);
        reply
    }

    pub fn two(&self, inbox: &[u8], self_: &str, sender: u8, f: u8, r#type: &str) -> u8 {
        let _ = (inbox, self_, f, r#type);
        sender
    }

    pub fn three(&self, argument_1: u8, (argument_2, _): (u8, u8), _: u8, argument_3: u8) -> u8 {
        argument_1 + argument_2 + argument_3
    }

    pub fn four(&self, reply_: u8, reply__: u8, r#async: u8, r#self_: u8, __self: u8) {
        let _ = (reply_, reply__, r#async, r#self_, __self);
    }

    pub fn five(&self, one: u8, get: u8, name: u8, this: u8, x: u8, ArgumentsCommand: u8) {
        let _ = (one, get, name, this, x, ArgumentsCommand);
    }
}

pub fn main() {
    let (methods, _inbox) = actor_runtime::channel::<Methods>(64);
    drop(methods.closed());
    drop(methods.r#type());
    drop(methods.clone().drop());
    let _: &MethodsClient = &methods;
    assert_eq!(actor_runtime::Client::capacity(&methods), 64);
    let (arguments, _inbox) = actor_runtime::channel::<Arguments>(64);
    drop(arguments.three(1, (2, 3), 4, 5));
    drop(Arguments.builder());
    assert!(!arguments.is_closed());
}
