//! `tag-compliance` as it is called from a shell.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may panic"
)]

mod dead_letters;
mod encodings;
mod explain;
mod explain_files;
mod explain_sources;
mod fleet;
mod networks;
mod policy;
mod policy_import;
mod profiles;
mod program;
mod redrive;
mod redrive_ended;
mod redrive_target;
mod regions;
mod scan;
mod scan_formats;
mod session;
mod stub;
mod support;
mod throttling;
