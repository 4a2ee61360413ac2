//! Verifies a deployment from its Terraform outputs, on a local stand-in for AWS or on a real
//! account: `TERRAFORM_OUTPUTS` names the file that `terraform output -json` wrote.
//!
//! The tests launch their own instances and wait for those only, since every environment sees the events
//! of the whole account. They run one after another, because all of them read the same metrics.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(
    clippy::case_sensitive_file_extension_comparisons,
    reason = "keys are no file names"
)]

mod audit_log;
mod bus;
mod deployment;
mod end_to_end;
mod event_queue;
mod events;
mod fleet;
mod function;
mod invocation;
mod least_privilege;
mod memory;
mod names;
mod observability;
mod owners;
mod policy;
mod receivers;
mod resources;
mod scan;
mod settling;
mod subscriber;
mod sweeps;
mod tag_changes;
mod topic;
mod voices;
