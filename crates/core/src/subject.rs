//! The input of an evaluation.

use crate::instance::Instance;
use crate::timestamp::Timestamp;

/// An instance, its region and the time: everything an evaluation depends on besides the policy.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub instance: &'a Instance,
    /// Its region; empty if unknown, and then no condition on regions matches.
    pub region: &'a str,
    /// When its tags were read.
    pub now: Timestamp,
}
