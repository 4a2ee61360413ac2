//! The time.

use std::time::SystemTime;

use tag_compliance_core::timestamp::Timestamp;

/// The present moment.
pub fn now() -> Timestamp {
    SystemTime::now().into()
}
