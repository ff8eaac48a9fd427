//! Mistakes of actors that are written by hand, which these actors do not make. Each test begins with the number of
//! the mistake:
//!
//! 1. An actor dies after it has promised a slot to a waiting caller: the call returns `Closed`.
//! 2. A caller leaves while it waits for a slot: its command is never queued, and its arguments are dropped.
//! 3. A caller leaves once its command is queued: the method runs to its end, and the answer is dropped.
//! 4. Work is done for a caller that has left: methods with `skip_cancelled` are skipped, and the exit counts them.
//! 5. A method panics: its caller gets `Panicked`, queued callers get `Refused`, and waiting callers get `Closed`.
//!    The state is not used again. The handle gets the panic's payload, even if the state panics, too, when it is
//!    dropped.
//! 6. A method calls its own actor, or an actor that waits for it: the call that would close the cycle gets
//!    `Deadlock` at once, with the path. See `behavior/deadlocks.rs`.
//! 7. Two actors send to each other, and both mailboxes are full: the cast that would close the cycle gets `Deadlock`.
//!    See `behavior/deadlocks.rs`.
//! 8. A call waits for a slot, and is kept without being polled: others get the slot. See `behavior/futurelock.rs`.
//! 9. An actor is told to stop while callers wait for a slot: they get `Closed` at once, before the method in
//!    progress is done.
//! 10. Commands that are queued at the end are silently lost: they are refused, or handled if the actor drains. The
//!     exit counts both, and each caller is told which.
//! 11. A method ignores the shutdown token: without a deadline it is never cut off, and with a deadline the exit
//!     names it. A method can look at the token itself.
//! 12. A method is cut off between two halves of a change: that state is dropped and never handed back.
//! 13. A full mailbox keeps the actor from ending: of ten thousand queued commands none is begun after the shutdown.
//! 14. A full mailbox holds up timers and streams, or they hold up the mailbox: they take turns.
//! 15. A method that never waits keeps its thread: other tasks run between two commands.
//! 16. A mailbox grows without a bound: it holds 64 commands unless the actor says otherwise, and callers that do not
//!     wait get `Full`. `memory.rs` measures it.
//! 17. A subscriber is slow: it is told how many events it missed, and the actor never waits for it.
//! 18. A reader of the latest value keeps the actor waiting: readers get clones, and no guard.
//! 19. An actor holds a client of itself, and so never ends: the client that it is given is a weak one.
//! 20. A runtime ends while callers on another runtime wait: they are told.
//! 21. A panic vanishes with a handle that nobody awaits: the panic goes to `on_exit`, and dropping a handle is a
//!     warning.
//! 22. The end of a task is taken for success: an exit tells why the actor ended.
//! 23. The future of a method is not `Send`: the error is on the method's name. See
//!     `ui/types/future_is_not_send.stderr`.
//! 24. A state needs more than `Drop` at its end: `#[on_stop]` may wait. After it the state is dropped on the actor's
//!     task, or given to the handle.
//! 25. A caller has its answer before the method has dropped its locals: the order is the order of a plain method.
//! 26. An answer is lost although it was sent, because the actor died afterwards: the answer wins.
//! 27. A start waits for a full mailbox: it takes no place there.
//! 28. A task makes a blocking call: it gets the error `Blocking`, and does not panic.
//! 29. A timer makes up for missed ticks, all at once: they come late.
//! 30. A remote peer does not answer, or has gone. There are no remote actors here, but callers tell the two apart in
//!     the same way: by their own `timeout`, which does not hurt the actor, and by `Closed`.
//!
//! `secrets.rs` tests what is printed: never an argument.

#![allow(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    clippy::unused_self,
    clippy::unused_unit,
    reason = "a command is a method, and what it takes and returns is what is tested"
)]

mod callers;
mod deaths;
mod fairness;
mod guarantees;
mod lifetimes;
mod overload;
mod panics;
mod publications;
mod replies;
mod secrets;
mod shutdown;
mod starts;
#[allow(dead_code, reason = "made for more tests than these")]
#[path = "../behavior/support.rs"]
mod support;
mod wakers;
