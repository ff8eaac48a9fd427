//! What goes wrong with actors that are written by hand, and does not go wrong with these. Each test begins
//! with the number of what it is about:
//!
//! 1. An actor dies after it has promised a waiting caller a slot: the call returns `Closed`.
//! 2. A caller leaves while it waits for a slot: its command is never queued, and its arguments are dropped.
//! 3. A caller leaves once its command is queued: the method runs to its end, and the answer is dropped.
//! 4. Work is done for a caller that has left: not by methods that say `skip_cancelled`, and the exit counts
//!    what was skipped.
//! 5. A method panics: the caller gets `Panicked`, queued ones `Refused`, waiting ones `Closed`; the state is
//!    not used again, and the handle gets what the method panicked with, also if the state panics in turn when
//!    it is dropped.
//! 6. A method calls its own actor, or one that waits for it: the call that would close the cycle gets `Deadlock`
//!    at once, with the path; see `behavior/deadlocks.rs`.
//! 7. Two actors send to each other, and both mailboxes are full: so does that cast, in the same file.
//! 8. A call waits for a slot, and is kept without being polled: others get the slot; see `behavior/futurelock.rs`.
//! 9. An actor is told to stop while callers wait for a slot: they get `Closed` at once, before the method in
//!    progress is done.
//! 10. Commands that are queued at the end are lost in silence: they are refused, or handled if the actor
//!     drains; the exit counts both, and each caller is told which.
//! 11. A method takes no notice of the shutdown token: it is never cut off without a deadline; with one the
//!     exit names it. It can look at the token itself.
//! 12. A method is cut off between two halves of a change: that state is dropped and never handed back.
//! 13. A full mailbox keeps the actor from ending: of ten thousand queued commands none starts after the
//!     shutdown.
//! 14. A full mailbox keeps timers and streams waiting, or they it: they take turns.
//! 15. A method that never waits keeps its thread: other tasks run between two commands.
//! 16. A mailbox grows without a bound: it holds 64 commands unless the actor says otherwise, and who does not
//!     wait is told `Full`. `memory.rs` measures it.
//! 17. A subscriber is slow: it is told how many events it missed, and the actor never waits for it.
//! 18. A reader of the latest value keeps the actor waiting: readers get values of their own, and no guard.
//! 19. An actor holds a client of itself, and so never ends: the client that it is given is a weak one.
//! 20. A runtime ends while callers on another one wait: they are told.
//! 21. A panic vanishes with a handle that nobody awaits: it goes to `on_exit`, and to drop a handle is a
//!     warning.
//! 22. The end of a task is taken for success: an exit says why the actor ended.
//! 23. The future of a method is not `Send`: the error is on the method's name; see
//!     `ui/types/future_is_not_send.stderr`.
//! 24. A state needs more than `Drop` at its end: `#[on_stop]` may wait; only then is the state dropped, on the
//!     actor's task, or given to the handle.
//! 25. A caller has its answer before the method has dropped what it used: the order is that of a plain method.
//! 26. An answer is lost although it was sent, since the actor died after that: the answer wins.
//! 27. A start waits for a mailbox that is full: it takes no place there.
//! 28. A blocking call inside of a task: it is the error `Blocking`, and no panic.
//! 29. A timer makes up for ticks that it missed, all at once: they come late.
//! 30. A remote peer does not answer, or has gone. There are no remote actors here, but the two are told apart
//!     in the same way: by the caller's own `timeout`, which does not hurt the actor, and by `Closed`.
//!
//! `secrets.rs` is about what is printed: never an argument.

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
