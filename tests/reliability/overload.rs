//! More commands than an actor can handle.

use actor_runtime::{Actor as _, CallError, CancellationToken, Client as _, actor};

use crate::support::{Gate, gate};

struct Plain;

#[actor]
impl Plain {
    #[command(try)]
    pub(crate) fn step(&mut self) {}

    pub(crate) async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
    }
}

struct Endless;

#[actor(unbounded)]
impl Endless {
    #[command(try)]
    pub(crate) fn step(&mut self) {}
}

#[tokio::test(start_paused = true)]
async fn row_16_a_mailbox_has_a_bound_unless_the_actor_says_otherwise() {
    let plain = Plain.spawn(CancellationToken::new());
    let (gate, mut key) = gate();
    plain.hold(gate).await.unwrap();
    key.entered().await;
    let accepted = (0..1000).take_while(|_| plain.try_step().is_ok()).count();
    assert_eq!(accepted, 64);
    assert_eq!(plain.try_step(), Err(CallError::Full));
    assert_eq!(plain.capacity(), 0);

    let endless = Endless.spawn(CancellationToken::new());
    let accepted = (0..1000).take_while(|_| endless.try_step().is_ok()).count();
    assert_eq!(accepted, 1000);
    assert_eq!(endless.capacity(), usize::MAX);
}
