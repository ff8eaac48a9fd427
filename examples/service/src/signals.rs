//! The signals of Unix. Elsewhere there is ctrl-c alone.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals to stop: SIGTERM and ctrl-c. They are caught from the making of this value on.
pub struct Stops {
    #[cfg(unix)]
    terminate: Signal,
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
}

#[cfg(unix)]
impl Stops {
    /// Catches the signals.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next signal.
    pub async fn recv(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(windows)]
impl Stops {
    /// Catches ctrl-c.
    pub fn new() -> io::Result<Self> {
        let interrupt = tokio::signal::windows::ctrl_c()?;
        Ok(Self { interrupt })
    }

    /// Waits for the next ctrl-c.
    pub async fn recv(&mut self) {
        self.interrupt.recv().await;
    }
}

/// The signals to read the settings again: SIGHUP.
pub struct Hangups {
    #[cfg(unix)]
    hangup: Signal,
}

#[cfg(unix)]
impl Hangups {
    /// Catches the signal, which would end the process otherwise.
    pub fn new() -> io::Result<Self> {
        let hangup = signal(SignalKind::hangup())?;
        Ok(Self { hangup })
    }

    /// Waits for the next signal.
    pub async fn recv(&mut self) {
        self.hangup.recv().await;
    }
}

#[cfg(windows)]
impl Hangups {
    /// Does nothing.
    pub fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits forever.
    pub async fn recv(&mut self) {
        std::future::pending().await
    }
}
