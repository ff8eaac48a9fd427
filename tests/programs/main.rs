//! Programs that the macro must not refuse, and snapshots of what it writes, in the edition of the package.

include!(concat!(env!("OUT_DIR"), "/programs.rs"));
