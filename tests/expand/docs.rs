use actor_runtime::actor;

pub struct Counter(u32);

/// Counts. See [`Self::add`], and [`Self::new`] for a start.
///
/// ```
/// assert!(Counter::new(0).is_zero());
/// ```
#[actor]
impl Counter {
    //! Never waits.

    /// Starts at `start`. See [`Self::add`].
    pub fn new(start: u32) -> Self {
        Self(start)
    }

    /// Adds `n` to the number of [`Self::new`],
    /// as [`Self::reset`] and [the watch](Self::value) show.
    ///
    /// Nothing is lost. [`Self`] wraps around, see [wrapping].
    ///
    /// ```text
    /// Self[1 + 1] = [Self::new]
    /// ```
    ///
    /// # Examples
    ///
    /// ```
    /// let mut counter = Counter::new(1);
    /// counter.add(1);
    /// ```
    ///
    /// # Errors
    ///
    /// None.
    ///
    /// [wrapping]: Self::new
    #[command(try)]
    pub fn add(&mut self, n: u32) {
        self.0 = self.wrapping(n);
    }

    /** Starts again.

    ```
    Counter::new(1).reset();
    ``` */
    #[command(ack, blocking)]
    pub fn reset(&mut self) {
        self.0 = 0;
    }

    #[doc = concat!(" Prints", " the number.")]
    pub(crate) fn print(&self) {
        println!("{}", self.0);
    }

    /// The number. [`Self::new`] sets it.
    ///
    /// ```
    /// assert_eq!(Counter::new(1).value(), 1);
    /// ```
    #[watch]
    pub fn value(&self) -> u32 {
        self.0
    }

    /// ```
    /// assert!(Counter::new(0).is_zero());
    /// ```
    pub fn is_zero(&self) -> bool {
        self.0 == 0
    }

    fn wrapping(&self, n: u32) -> u32 {
        self.0.wrapping_add(n)
    }
}

fn main() {}
