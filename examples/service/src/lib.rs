//! A service of actors: users log in, submit jobs and hear of their outcomes. Each module is one actor, except `web`,
//! which calls them, and `signals`.

pub mod config;
pub mod jobs;
pub mod limiter;
pub mod sessions;
pub mod signals;
pub mod telemetry;
pub mod web;
pub mod worker;
