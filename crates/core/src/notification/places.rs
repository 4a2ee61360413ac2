//! Where to fix the violation of an alert, in words and commands.

use super::Alert;
use crate::fix::Fix;
use crate::provenance::Maker;

/// What a step of a card or an alert fixes.
pub(super) const FIX_HERE: &str = "Fix this instance";
pub(super) const FIX_NEXT: &str = "Fix the next launch";

/// Where to fix a violation: on the instance first, then where its next launch gets its tags.
pub(super) struct Places {
    /// What made the instance; none if EC2 doesn't say, or if a service manages it.
    pub made_by: Option<String>,
    /// What limits the commands for the instance: nothing, or a clause that follows it.
    pub limit: String,
    pub commands: Vec<String>,
    /// Where the next launch gets its tags.
    pub next: String,
    pub next_commands: Vec<String>,
}

impl Places {
    /// The places of an alert; none where nothing is violated.
    pub fn of(alert: &Alert<'_>) -> Option<Self> {
        let (subject, evaluation) = (&alert.subject, alert.evaluation);
        let fix = Fix::of(subject, evaluation, alert.policy, |key| alert.shows(key))?;
        let (made_by, limit) = match fix.provenance.maker {
            // "Managed instances", Amazon EC2 user guide: only the service changes their settings.
            Maker::Service { principal, .. } => (None, format!(", as far as {principal} allows")),
            _ => (fix.provenance.made_by(), String::new()),
        };
        Some(Self {
            made_by,
            limit,
            commands: fix.commands,
            next: fix.next_launch,
            next_commands: fix.next_launch_commands,
        })
    }
}
