//! What is evaluated.

use crate::instance::Instance;
use crate::timestamp::Timestamp;

/// An instance, where, and when: all that an evaluation depends on beside the policy.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The instance.
    pub instance: &'a Instance,
    /// Its region; empty where it is not known, and then no condition on regions holds.
    pub region: &'a str,
    /// When its tags were read.
    pub now: Timestamp,
}
