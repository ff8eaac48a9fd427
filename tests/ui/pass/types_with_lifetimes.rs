//! Types with lifetimes, visible or not, in the futures of actors with and without parameters.

use std::borrow::Cow;
use std::error::Error;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use actor_runtime::{Context, Reply, actor};

type BoxError = Box<dyn Error + Send + Sync>;
type OwnResult<T> = Result<T, BoxError>;
type Check<T> = Arc<dyn Fn(&T) -> bool + Send + Sync>;
type Later<T> = Pin<Box<dyn std::future::Future<Output = OwnResult<T>> + Send>>;

pub struct Transaction<'a, D>(PhantomData<&'a D>);

pub struct Page<T, E>(Vec<T>, Option<E>);

pub trait Db: Send + Sync {}

pub struct Plain;

#[actor]
impl Plain {
    pub async fn each(&mut self) -> Box<dyn Fn(&str) + Send> {
        Box::new(|_| ())
    }

    pub async fn call(
        &mut self,
        check: Arc<dyn Fn(&[u8]) -> bool + Send + Sync>,
        reply: Reply<Box<dyn for<'a> Fn(&'a str) -> &'a str + Send>>,
        context: &mut Context<Self>,
    ) {
        std::future::ready(()).await;
        let _ = (check(&[]), context.client());
        reply.send(Box::new(|text| text));
    }
}

pub struct Cache<T> {
    value: T,
}

#[actor]
impl<T: Clone + Sync> Cache<T> {
    pub async fn load(&mut self) -> Result<T, Box<dyn Error + Send + Sync>> {
        Ok(self.value.clone())
    }

    pub async fn name(&mut self, text: Cow<'static, str>) -> (Cow<'static, str>, &'static str) {
        (text, "cache")
    }

    pub async fn begin(&mut self) -> Transaction<'static, String> {
        Transaction(PhantomData)
    }

    pub async fn check(&mut self, check: Check<T>, later: Later<T>) -> OwnResult<bool> {
        Ok(check(&later.await?))
    }

    pub async fn page(&mut self) -> Page<T, BoxError> {
        Page(vec![self.value.clone()], None)
    }

    pub fn page_now(&self) -> Page<T, BoxError> {
        Page(vec![self.value.clone()], None)
    }

    #[command(batch = 8)]
    pub async fn add(&mut self, pages: Vec<Page<T, BoxError>>) -> Vec<OwnResult<T>> {
        pages.into_iter().flat_map(|page| page.0).map(Ok).collect()
    }

    pub async fn shared(&mut self, value: Arc<T>) -> Arc<T> {
        value
    }

    #[on_start]
    async fn start(&mut self) -> OwnResult<()> {
        Ok(())
    }
}

pub struct Pair<T, D>(T, D);

#[actor]
impl<T: Clone> Pair<T, Box<dyn Db>> {
    pub async fn load(&mut self) -> Result<T, Box<dyn Error + Send + Sync>> {
        Ok(self.0.clone())
    }

    #[every(std::time::Duration::from_secs(1))]
    async fn tick(&mut self) {}
}

fn main() {}
