//! Several violations, grouped by what is new about them and by cause.

use std::collections::BTreeMap;

use super::{Alerts, Change};
use crate::evaluation::Evaluation;
use crate::memory::{Cause, Closed, News, State};
use crate::policy::document::Severity;
use crate::provenance::Maker;
use crate::text::{OneLine, excerpt};

/// How much of an instance's name, and of what it violates, a line shows.
const MAX_NAME_CHARS: usize = 64;
const MAX_FINDING_CHARS: usize = 200;

/// The kinds of news, the most urgent first.
const SECTIONS: [(News, &str); 5] = [
    (News::Escalated, "Open For Too Long"),
    (News::Opened, "New"),
    (News::Changed, "New Findings"),
    (News::StillOpen, "Still Open"),
    (News::Resolved, "Resolved"),
];

/// The violations that are told for the same reason and have the same cause.
pub(super) struct Group<'c, 'a> {
    /// The reason, the cause if it is known, and how many there are.
    pub heading: String,
    /// Where their next launch gets its tags, if that is known and still matters.
    pub next_launch: Option<String>,
    /// Never empty.
    pub changes: Vec<&'c Change<'a>>,
}

/// The groups, the most urgent first.
pub(super) fn of<'c, 'a>(alerts: &'c Alerts<'a>) -> Vec<Group<'c, 'a>> {
    let mut groups = Vec::new();
    for (news, heading) in SECTIONS {
        let of_news = alerts.changes.iter().filter(|change| change.news == news);
        let mut by_cause: BTreeMap<Option<&Cause>, Vec<&Change<'_>>> = BTreeMap::new();
        for change in of_news {
            let cause = change.item.facts.cause.as_ref();
            by_cause.entry(cause).or_default().push(change);
        }
        // Violations with a known cause come first: one place to fix them all.
        let (without, with): (Vec<_>, Vec<_>) = by_cause.into_iter().partition(|it| it.0.is_none());
        for (cause, changes) in with.into_iter().chain(without) {
            let count = changes.len();
            let heading = match cause {
                Some(cause) => format!("{heading}, {cause} ({count})"),
                None => format!("{heading} ({count})"),
            };
            let place = (news != News::Resolved).then(|| next_launch(&changes));
            groups.push(Group {
                heading,
                next_launch: place.flatten(),
                changes,
            });
        }
    }
    groups
}

/// The severity of the worst violation that is open.
pub(super) fn severity(alerts: &Alerts<'_>) -> Option<Severity> {
    let open = alerts.changes.iter().filter(|it| it.news != News::Resolved);
    open.filter_map(|it| it.item.facts.severity).max()
}

/// Where the next launch of the same cause gets its tags.
fn next_launch(changes: &[&Change<'_>]) -> Option<String> {
    let mut made = changes.iter().filter_map(|change| change.provenance);
    let made = made.find(|made| made.maker != Maker::Unknown)?;
    Some(format!("The next launch: {}", made.next_launch()))
}

impl Change<'_> {
    /// The instance's name and what is wrong with it, on one line that follows its id.
    pub(super) fn after_id(&self) -> String {
        let name = self.short_name();
        let name = name.map_or_else(String::new, |name| format!(" {name}"));
        format!("{name}: {}", self.what(MAX_FINDING_CHARS))
    }

    /// The start of the instance's name, safe to show.
    pub(super) fn short_name(&self) -> Option<String> {
        let name = self.name?;
        let name = excerpt(name.raw(), MAX_NAME_CHARS);
        Some(OneLine(&name).to_string())
    }

    /// What is found, up to so many characters, or why nothing is any more; empty if EC2 doesn't know the
    /// instance.
    pub(super) fn what(&self, max_chars: usize) -> String {
        match self.item.state {
            State::Closed(why) => closed(why).to_owned(),
            State::Open | State::Suspect => {
                let findings = self.evaluation.map(Evaluation::summary);
                let findings = excerpt(&findings.unwrap_or_default(), max_chars);
                if self.news == News::Escalated {
                    format!("{findings}; open since {}", self.item.opened_at.date())
                } else {
                    findings
                }
            }
        }
    }
}

fn closed(why: Closed) -> &'static str {
    match why {
        Closed::Compliant => "compliant",
        Closed::Exempt => "exempt",
        Closed::OutOfScope => "out of scope",
        Closed::Ended => "terminated",
        Closed::Gone => "no longer known to EC2",
        Closed::ByHand => "closed by hand",
    }
}
