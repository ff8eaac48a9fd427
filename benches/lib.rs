//! The subject of the measurements: tables of loads and contenders. Each program in this folder measures them in its
//! own unit.

pub mod tables;

pub mod load;

pub mod contender;

#[path = "../examples/cache.rs"]
#[expect(dead_code, reason = "its `main` is not called")]
pub mod cache;
pub mod counter;
pub mod counter_in_place;
pub mod disk;
#[path = "../examples/handwritten.rs"]
#[expect(dead_code, reason = "its `main` is not called")]
pub mod handwritten;
pub mod handwritten_counter;
pub mod handwritten_disk;

pub mod rounds;
pub mod sizes;

pub mod plot;
pub mod report;
pub mod spread;
