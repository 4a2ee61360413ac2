//! The titles of messages: one line, and no text from outside.

use super::{Alert, Alerts, Digest, Test};
use crate::memory::News;

impl Alert<'_> {
    pub(super) fn title(&self) -> String {
        format!("EC2 instance {} is not compliant", self.subject.instance.id)
    }
}

impl Alerts<'_> {
    pub(super) fn title(&self) -> String {
        let count = |news: News| self.changes.iter().filter(|it| it.news == news).count();
        let resolved = count(News::Resolved);
        let open = self.changes.len() - resolved;
        let instances = |count: usize| if count == 1 { "instance" } else { "instances" };
        match (open, resolved) {
            _ if count(News::Escalated) > 0 => format!(
                "Escalation: {open} EC2 {} still not compliant",
                instances(open)
            ),
            (0, _) => format!("{resolved} EC2 {} resolved", instances(resolved)),
            (_, 0) => format!("{open} EC2 {} not compliant", instances(open)),
            _ => format!(
                "{open} EC2 {} not compliant, {resolved} resolved",
                instances(open)
            ),
        }
    }
}

impl Test<'_> {
    pub(super) fn title(&self) -> String {
        format!("Test message of EC2 tag compliance ({})", self.environment)
    }
}

impl Digest<'_> {
    pub(super) fn title(&self) -> String {
        let counts = self.totals.tally.counts;
        let (bad, all) = (counts.non_compliant, counts.checked());
        format!("EC2 tag sweep: {bad} of {all} instances not compliant")
    }
}
