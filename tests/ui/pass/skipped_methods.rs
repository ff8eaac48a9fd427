//! Methods that a command could not be, with `#[command(skip)]`.

use actor_runtime::{Context, Reply, actor};

pub struct Shelf<'a> {
    books: &'a [String],
}

#[actor]
impl<'a> Shelf<'a> {
    #[command(try)]
    pub fn count(&self) -> usize {
        self.books.len()
    }

    #[command(skip)]
    #[allow(clippy::should_implement_trait, reason = "the name is the subject of the test")]
    pub fn clone(&self) -> Self {
        Self { books: self.books }
    }

    #[command(skip)]
    pub fn all(&'a self) -> &'a [String] {
        self.books
    }

    #[command(skip)]
    pub fn try_count(&self) -> usize {
        self.books.len()
    }

    #[command(skip)]
    #[allow(non_snake_case, reason = "the variant of `count` has this name")]
    pub fn Count(&self, each: Box<dyn Fn(&str) -> bool>) -> usize {
        self.books.iter().filter(|book| each(book)).count()
    }

    #[command(skip)]
    pub fn any<T: Into<String>>(&self, title: T) -> bool {
        self.books.contains(&title.into())
    }

    #[command(skip)]
    pub fn answer(&self, reply: &Option<Reply<usize>>, _context: &Context<Self>) -> bool {
        reply.is_none()
    }
}

fn main() {}
