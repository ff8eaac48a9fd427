//! Values by number, of which new ones usually have the highest.

/// A map from numbers to values, in their order. It adds a value with the highest number at the end, and finds others by
/// bisection.
///
/// A `BTreeMap` does the same, but is fifty kilobytes of code for each type of value without optimizations. Each program
/// links that, with its debug information.
pub(crate) struct Numbered<T> {
    /// Sorted by number. A value that was taken out leaves a gap, until half of all entries are gaps.
    entries: Vec<(u64, Option<T>)>,
    gaps: usize,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            gaps: 0,
        }
    }
}

impl<T> Numbered<T> {
    /// Adds a value. Returns the one that had its number.
    pub(crate) fn insert(&mut self, number: u64, value: T) -> Option<T> {
        match self.find(number) {
            Ok(index) => {
                let before = self.entries[index].1.replace(value);
                self.gaps -= usize::from(before.is_none());
                before
            }
            Err(index) => {
                self.entries.insert(index, (number, Some(value)));
                None
            }
        }
    }

    pub(crate) fn get(&self, number: u64) -> Option<&T> {
        let index = self.find(number).ok()?;
        self.entries[index].1.as_ref()
    }

    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        let index = self.find(number).ok()?;
        self.entries[index].1.as_mut()
    }

    pub(crate) fn remove(&mut self, number: u64) -> Option<T> {
        let index = self.find(number).ok()?;
        let value = self.entries[index].1.take()?;
        self.gaps += 1;
        if self.gaps > self.entries.len() / 2 {
            self.entries.retain(|(_, value)| value.is_some());
            self.gaps = 0;
            // Some room is kept for the next ones.
            self.entries.shrink_to(2 * self.entries.len() + 4);
        }
        Some(value)
    }

    /// Returns the values with their numbers, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        let entries = self.entries.iter();
        entries.filter_map(|(number, value)| Some((*number, value.as_ref()?)))
    }

    /// Returns the values in order.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        let entries = self.entries.iter_mut();
        entries.filter_map(|(_, value)| value.as_mut())
    }

    /// Returns the number of values.
    pub(crate) fn len(&self) -> usize {
        self.entries.len() - self.gaps
    }

    /// Returns the index of a number, or the one that it would have.
    fn find(&self, number: u64) -> Result<usize, usize> {
        self.entries
            .binary_search_by_key(&number, |(number, _)| *number)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Compares a map of the first eight numbers with the model after each of these steps.
    fn check(steps: &[Step]) {
        let mut values = Numbered::default();
        let mut model = BTreeMap::new();
        for (value, &step) in steps.iter().enumerate() {
            match step {
                Step::Insert(number) => {
                    let before = model.insert(number, value);
                    assert_eq!(values.insert(number, value), before, "{steps:?}");
                }
                Step::Remove(number) => {
                    assert_eq!(values.remove(number), model.remove(&number), "{steps:?}");
                }
            }
            for number in 0..8 {
                assert_eq!(values.get(number), model.get(&number), "{steps:?}");
                assert_eq!(values.get_mut(number), model.get_mut(&number), "{steps:?}");
            }
            let in_order = model.iter().map(|(&number, value)| (number, value));
            assert!(values.iter().eq(in_order), "{steps:?}");
            assert_eq!(values.len(), model.len(), "{steps:?}");
            assert!(values.entries.len() <= 2 * model.len(), "{steps:?}");
        }
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Insert(u64),
        Remove(u64),
    }

    #[test]
    fn it_is_a_map() {
        use Step::{Insert, Remove};

        check(&[
            Insert(1),
            Insert(2),
            Remove(1),
            Insert(3),
            Remove(3),
            Remove(2),
        ]);
        check(&[
            Insert(3),
            Insert(1),
            Insert(2),
            Insert(1),
            Remove(0),
            Remove(4),
        ]);
        check(&[
            Insert(1),
            Insert(2),
            Insert(3),
            Remove(2),
            Remove(2),
            Insert(2),
            Remove(1),
        ]);
    }

    #[test]
    fn it_gives_its_memory_back() {
        let mut values = Numbered::default();
        for number in 0..1000 {
            values.insert(number, number);
        }
        for number in 0..1000 {
            values.remove(number);
        }
        assert!(values.entries.capacity() < 10);
    }

    #[test]
    fn any_few_steps_are_those_of_a_map() {
        const STEPS: u32 = if cfg!(miri) { 2 } else { 5 };

        let numbers = 0..4;
        let steps = numbers.flat_map(|number| [Step::Insert(number), Step::Remove(number)]);
        let steps: Vec<Step> = steps.collect();
        for which in 0..steps.len().pow(STEPS) {
            let step = |place: u32| steps[which / steps.len().pow(place) % steps.len()];
            let steps: Vec<Step> = (0..STEPS).map(step).collect();
            check(&steps);
        }
    }
}
