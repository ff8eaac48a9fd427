//! Factories: closures that make the states of a supervised actor.

use std::error::Error;
use std::pin::Pin;

use crate::hooks::LoopError;
use crate::sync::Exclusive;

/// A state, or the reason why it could not be made.
pub(super) type Made<A> = Result<A, Box<dyn Error + Send + Sync>>;

/// Makes the states of a supervised actor: `P` returns a state, and `F` a future of one, which may fail.
pub struct Factory<P, F>(FactoryKind<P, F>);

enum FactoryKind<P, F> {
    Plain(P),
    Fallible(F),
}

/// The factory of a [`Supervisor`](crate::Supervisor), unless it is for one thread only.
pub type SendFactory<A> = Factory<
    Box<dyn FnMut() -> A + Send + Sync>,
    Box<dyn FnMut() -> Pin<Box<dyn Future<Output = Made<A>> + Send>> + Send + Sync>,
>;

/// The factory of a [`Supervisor`](crate::Supervisor) that stays on its thread.
///
/// # Examples
///
/// ```
/// use std::rc::Rc;
/// use actor_runtime::{actor, LocalFactory, Supervisor};
///
/// struct Names(Rc<str>);
///
/// #[actor(local)]
/// impl Names {
///     pub fn first(&self) -> String {
///         self.0.to_string()
///     }
/// }
///
/// fn supervised(name: Rc<str>) -> Supervisor<Names, LocalFactory<Names>> {
///     Supervisor::new_local(move || Names(Rc::clone(&name))).capacity(8)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (names, runner) = supervised("Ann".into()).into_runner();
/// let local = tokio::task::LocalSet::new();
/// local.spawn_local(runner.run());
/// local.run_until(async { assert_eq!(names.first().await.unwrap(), "Ann") }).await;
/// # }
/// ```
pub type LocalFactory<A> =
    Factory<Box<dyn FnMut() -> A>, Box<dyn FnMut() -> Pin<Box<dyn Future<Output = Made<A>>>>>>;

impl<A> SendFactory<A> {
    pub(super) fn plain(factory: impl FnMut() -> A + Send + 'static) -> Self {
        let mut factory = Exclusive::new(factory);
        Self(FactoryKind::Plain(Box::new(move || factory.get_mut()())))
    }

    pub(super) fn fallible<M, E>(factory: impl FnMut() -> M + Send + 'static) -> Self
    where
        M: Future<Output = Result<A, E>> + Send + 'static,
        E: LoopError,
    {
        let mut factory = Exclusive::new(factory);
        Self(FactoryKind::Fallible(Box::new(move || {
            let making = factory.get_mut()();
            Box::pin(async move { making.await.map_err(Into::into) })
        })))
    }
}

impl<A> LocalFactory<A> {
    pub(super) fn plain_local(factory: impl FnMut() -> A + 'static) -> Self {
        Self(FactoryKind::Plain(Box::new(factory)))
    }

    pub(super) fn fallible_local<M, E>(mut factory: impl FnMut() -> M + 'static) -> Self
    where
        M: Future<Output = Result<A, E>> + 'static,
        E: LoopError,
    {
        Self(FactoryKind::Fallible(Box::new(move || {
            let making = factory();
            Box::pin(async move { making.await.map_err(Into::into) })
        })))
    }
}

/// The state of an incarnation, or the future that makes it.
pub(super) enum Making<A, M> {
    Done(A),
    Pending(M),
}

impl<A, P, F, M> Factory<P, F>
where
    P: FnMut() -> A,
    F: FnMut() -> M,
{
    /// Makes the first state at once, if no future makes it.
    pub(super) fn first(&mut self) -> Option<A> {
        match &mut self.0 {
            FactoryKind::Plain(factory) => Some(factory()),
            FactoryKind::Fallible(_) => None,
        }
    }

    pub(super) fn make(&mut self) -> Making<A, M> {
        match &mut self.0 {
            FactoryKind::Plain(factory) => Making::Done(factory()),
            FactoryKind::Fallible(factory) => Making::Pending(factory()),
        }
    }
}
