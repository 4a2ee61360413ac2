//! `tag-compliance` as called from a shell.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may panic"
)]

mod company;
mod dead_letters;
mod encodings;
mod event_schemas;
mod explain;
mod explain_attributes;
mod explain_files;
mod explain_sources;
mod fleet;
mod networks;
mod policy;
mod policy_import;
mod policy_language;
mod policy_schema;
mod profiles;
mod program;
mod redrive;
mod redrive_ended;
mod redrive_target;
mod regions;
mod scan;
mod scan_compared;
mod scan_costs;
mod scan_files;
mod scan_filters;
mod scan_formats;
mod scan_profiles;
mod scan_upcoming;
mod session;
mod stub;
mod support;
mod throttling;
