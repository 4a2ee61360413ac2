//! Evaluates EC2 instances against a tag policy.
//!
//! Everything here is a pure function over values: no AWS type, no runtime, no clock and no
//! environment (`clippy.toml` beside `Cargo.toml` refuses the latter two). [`event`] parses what
//! arrives, [`policy`] says what is asked of tags, [`evaluation`] what an instance makes of it,
//! [`decision`] what follows, and [`record`] and [`notification`] what is written.

pub mod day;
pub mod decision;
pub mod evaluation;
pub mod event;
pub mod expected;
pub mod fix;
pub mod grace;
pub mod instance;
pub mod json;
pub mod memory;
pub mod notification;
pub mod owners;
pub mod packed;
pub mod policy;
pub mod provenance;
pub mod record;
mod spelling;
pub mod subject;
pub mod sweep;
pub mod tally;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod text;
pub mod timestamp;
