use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;

use actor_runtime::actor;

pub struct Table<'a, K, V, S, const N: usize> {
    name: &'a str,
    rows: HashMap<K, [V; N]>,
    source: S,
}

// The commands use `K`, `V` and `N`, so the enum and the client have these parameters.
#[actor]
impl<'a, K: Eq + Hash, V, S: Debug, const N: usize> Table<'a, K, V, S, N>
where
    K: Clone,
    V: Clone + PartialEq<K>,
    S: PartialEq<V>,
{
    pub fn row(&self, key: &K) -> Option<[V; N]> {
        self.rows.get(key).cloned()
    }

    pub fn source(&self) -> String {
        format!("{} from {:?}", self.name, self.source)
    }
}

fn main() {}
