//! Sources, hooks and published values under `cfg`, present and absent.
#![allow(dead_code)]

use std::future::{pending, ready};
use std::time::Duration;

use actor_runtime::{Actor as _, CancellationToken, Context, StopReason, actor};

pub struct Some1;

#[actor]
impl Some1 {
    #[cfg(not(any()))]
    #[every(Duration::from_secs(1))]
    fn tick(&mut self) {}

    #[cfg(any())]
    #[every(absent)]
    fn absent_tick(&mut self, absent: Absent) {}

    #[cfg(any())]
    #[stream(absent)]
    fn absent_item(&mut self, absent: Absent) {}

    #[cfg(not(any()))]
    #[on(ready(1_u8))]
    fn done(&mut self, number: u8) {
        let _ = number;
    }

    #[cfg(any())]
    #[on(absent, if absent)]
    fn absent_done(&mut self, absent: Absent) {}

    #[on(pending::<u8>(), if true)]
    fn twice(
        &mut self,
        #[cfg(any())] absent: &mut Context<Self>,
        number: u8,
        #[cfg(not(any()))] ctx: &mut Context<Self>,
    ) {
        let _ = (number, ctx);
    }

    #[cfg(any())]
    #[on_start]
    fn absent_start(&mut self) -> Absent {}

    #[cfg(not(any()))]
    #[on_start]
    fn start(&mut self) -> Result<(), String> {
        Ok(())
    }

    #[cfg(any())]
    #[on_stop]
    fn stop(&mut self, absent: Absent) {}

    #[cfg(not(any()))]
    #[on_stop]
    fn stop(&mut self, reason: StopReason) {
        let _ = reason;
    }

    #[cfg(any())]
    #[watch]
    pub fn value(&self) -> Absent {}

    #[cfg(not(any()))]
    #[watch]
    pub fn value(&self) -> u8 {
        1
    }
}

pub struct AbsentArguments;

#[actor]
impl AbsentArguments {
    pub fn get(&self) {}

    #[every(Duration::from_secs(1))]
    fn tick(&mut self, #[cfg(any())] absent: Absent) {}

    #[on(ready(1_u8))]
    fn either(&mut self, #[cfg(any())] number: Absent, #[cfg(not(any()))] number: u8) {
        let _ = number;
    }

    #[on(Some((name, number)) = ready(Some(("one".to_owned(), 1_u8))))]
    fn part(&mut self, #[cfg(any())] name: Absent, number: u8) {
        let _ = number;
    }

    #[on_stop]
    fn stop(&mut self, #[cfg(any())] absent: Absent, #[cfg(not(any()))] reason: StopReason) {
        let _ = reason;
    }
}

pub struct OnlyAbsent;

#[actor]
impl OnlyAbsent {
    #[cfg(any())]
    #[every(Duration::from_secs(1))]
    fn tick(&mut self) {}
}

pub struct OnlyAbsentOutput;

#[actor]
impl OnlyAbsentOutput {
    #[cfg(any())]
    #[on(ready(1))]
    fn done(&mut self, absent: Absent) {}
}

pub struct OnlyAbsentHooks;

#[actor]
impl OnlyAbsentHooks {
    #[cfg(any())]
    #[on_start]
    fn start(&mut self) {}

    #[cfg(any())]
    #[on_stop]
    fn stop(&mut self) {}
}

pub struct OnlyAbsentWatch<T>(T);

#[actor]
impl<T: Clone + PartialEq> OnlyAbsentWatch<T> {
    #[cfg(any())]
    #[watch]
    pub fn value(&self) -> T {
        self.0.clone()
    }
}

pub struct OnlyAbsentCommands<T>(T);

#[actor(local)]
impl<T: Clone + PartialEq> OnlyAbsentCommands<T> {
    #[cfg(any())]
    #[command(batch = 8, priority)]
    pub fn add(&mut self, rows: Vec<T>) -> Vec<T> {
        rows
    }

    #[cfg(any())]
    #[command(skip_cancelled)]
    pub fn get(&mut self, row: T) -> T {
        row
    }

    #[cfg(any())]
    #[on(pending::<T>())]
    fn done(&mut self, row: T) {
        drop(row);
    }
}

pub struct OnlyPresent<T>(T);

#[actor]
impl<T> OnlyPresent<T> {
    #[cfg(not(any()))]
    #[on(pending::<T>())]
    fn done(&mut self, row: T) {
        self.0 = row;
    }

    #[cfg(not(any()))]
    #[command(batch = 8, priority)]
    pub fn add(&mut self, rows: Vec<u8>) -> Vec<u8> {
        rows
    }

    #[cfg(any())]
    #[command(skip_cancelled)]
    pub fn get(&mut self, row: Absent) -> Absent {
        row
    }
}

#[tokio::main(flavor = "current_thread")]
pub async fn main() {
    let token = CancellationToken::new();
    assert_eq!(
        actor_runtime::channel::<Some1>(1)
            .1
            .latest()
            .value
            .publish(2),
        ()
    );
    drop(Some1.spawn(token.clone()));
    drop(OnlyAbsent.spawn(token.clone()));
    drop(OnlyAbsentOutput.spawn(token.clone()));
    drop(OnlyAbsentHooks.spawn(token.clone()));
    drop(OnlyAbsentWatch(1).spawn(token.clone()));
    drop(OnlyPresent(1).spawn(token));
}
