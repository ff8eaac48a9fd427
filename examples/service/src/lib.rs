//! A service of actors. Each module is one actor, except `signals`.

pub mod config;
pub mod jobs;
pub mod limiter;
pub mod sessions;
pub mod signals;
pub mod worker;
