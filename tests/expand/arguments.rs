use std::path::{Path, PathBuf};

use actor_runtime::actor;

#[derive(Clone)]
pub struct Limits {
    pub lines: usize,
}

#[derive(Default)]
pub struct Notes {
    lines: Vec<String>,
    file: PathBuf,
}

#[actor]
impl Notes {
    // Borrowed: the command owns a copy, and the method borrows the copy.

    pub fn add(&mut self, line: &str) {
        self.lines.push(line.to_owned());
    }

    pub fn add_all(&mut self, lines: &[String]) {
        self.lines.extend_from_slice(lines);
    }

    pub fn move_to(&mut self, file: &Path) {
        file.clone_into(&mut self.file);
    }

    pub fn limit(&mut self, limits: &Limits) {
        self.lines.truncate(limits.lines);
    }

    pub fn find(&self, prefix: Option<&str>, limits: Option<&Limits>) -> Vec<String> {
        let limit = limits.map_or(usize::MAX, |limits| limits.lines);
        let prefix = prefix.unwrap_or_default();
        let found = self.lines.iter().filter(|line| line.starts_with(prefix));
        found.take(limit).cloned().collect()
    }

    // Converted on the caller's side.

    pub fn push(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    pub fn copy_to(&mut self, file: impl AsRef<Path>) {
        file.as_ref().clone_into(&mut self.file);
    }

    pub fn extend(&mut self, lines: impl IntoIterator<Item = String>) {
        self.lines.extend(lines);
    }

    // Patterns: the command has a field in their place.

    pub fn swap(&mut self, (first, second): (usize, usize)) {
        self.lines.swap(first, second);
    }

    pub fn remove(&mut self, mut line: usize, _: &str) {
        line -= 1;
        self.lines.remove(line);
    }

    // Moved.

    pub fn sort(&mut self, r#type: &'static str, by: fn(&String) -> usize) {
        if r#type == "lines" {
            self.lines.sort_by_key(by);
        }
    }
}

fn main() {}
