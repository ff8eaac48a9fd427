use actor_runtime::actor;

pub struct Door {
    open: bool,
}

#[actor]
#[cfg(not(windows))]
#[allow(clippy::missing_const_for_fn)]
impl Door {
    /// Returns whether the door is open.
    ///
    /// It is closed at first.
    #[must_use = "nothing is opened"]
    pub fn is_open(&self) -> bool {
        self.open
    }

    #[deprecated = "use `close`"]
    pub fn slam(&mut self) {
        self.open = false;
    }

    #[cfg(unix)]
    #[cfg_attr(debug_assertions, doc = "Opens the door, in debug builds too.")]
    pub fn open(&mut self) {
        self.open = true;
    }

    #[allow(non_snake_case)]
    #[expect(clippy::unused_self, reason = "there is but one door")]
    #[inline]
    pub fn doorNumber(&self) -> u32 {
        1
    }
}

fn main() {}
