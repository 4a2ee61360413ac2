//! EC2 tag compliance: what happens between an event and its audit record, metrics and alert.
//!
//! The core is pure: [`event`] parses what arrives, [`policy`] judges tags, [`audit`] and
//! [`alert`] say what is written. Around it, [`aws`] holds the calls, one file a service, and
//! [`handler`] puts both together. `ARCHITECTURE.md` follows an event through the files.

pub mod alert;
pub mod answer;
pub mod audit;
pub mod aws;
pub mod batch;
pub mod budget;
pub mod check;
pub mod config;
pub mod delivery;
pub mod digest;
pub mod error;
pub mod event;
pub mod handler;
pub mod instance;
pub mod logging;
pub mod lookup;
pub mod policy;
pub mod settle;
pub mod sweep;
#[cfg(test)]
mod testing;
pub mod text;
pub mod timestamp;
