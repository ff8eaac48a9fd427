//! Counts instructions, by callgrind.

use std::env;
use std::process::Command;

/// Returns true if there is a callgrind.
pub(crate) fn is_installed() -> bool {
    Command::new("valgrind").arg("--version").output().is_ok()
}

/// Returns the instructions that this program executes with these arguments, in a process of its own.
///
/// # Panics
///
/// Panics if callgrind counts nothing.
pub(crate) fn instructions(arguments: &[&str]) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe().expect("the path of this program"))
        .args(arguments)
        .output()
        .expect("valgrind runs");
    let log = String::from_utf8_lossy(&output.stderr);
    let collected = log
        .lines()
        .find_map(|line| line.split("Collected : ").nth(1));
    collected
        .and_then(|count| count.trim().parse().ok())
        .unwrap_or_else(|| panic!("callgrind counted nothing: {log}"))
}
