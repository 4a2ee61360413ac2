//! `tag-compliance` as it is called from a shell.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may panic"
)]

mod explain;
mod explain_sources;
mod fleet;
mod policy;
mod program;
mod scan;
mod scan_formats;
mod stub;
mod support;
