//! Numbers that were measured several times.

use std::fmt;

/// The median and the quartiles of some numbers.
#[derive(Clone, Copy)]
pub struct Spread {
    /// A quarter of the numbers are smaller.
    pub low: f64,
    /// Half of the numbers are smaller.
    pub median: f64,
    /// A quarter of the numbers are larger.
    pub high: f64,
}

impl Spread {
    /// Returns the spread of `numbers`.
    ///
    /// # Panics
    ///
    /// Panics if `numbers` is empty.
    pub fn of(mut numbers: Vec<f64>) -> Self {
        numbers.sort_by(f64::total_cmp);
        let quarter = numbers.len() / 4;
        Self {
            low: numbers[quarter],
            median: numbers[numbers.len() / 2],
            high: numbers[numbers.len() - 1 - quarter],
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} ({:.2}–{:.2})", self.median, self.low, self.high)
    }
}
