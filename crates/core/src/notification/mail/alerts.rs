//! The message about several violations, as text.

use std::collections::BTreeMap;

use super::{Mail, Text};
use crate::evaluation::Evaluation;
use crate::memory::{Cause, Closed, News, State};
use crate::notification::{Alerts, Change};
use crate::provenance::Maker;
use crate::text::{OneLine, excerpt};

/// How much of an instance's name, and of what it violates, a line shows.
const MAX_NAME_CHARS: usize = 64;
const MAX_FINDING_CHARS: usize = 200;

/// The kinds of news, the most urgent first.
const SECTIONS: [(News, &str); 4] = [
    (News::Opened, "New"),
    (News::Changed, "New Findings"),
    (News::StillOpen, "Still Open"),
    (News::Resolved, "Resolved"),
];

/// Renders the changes of several violations, grouped by cause.
pub fn render(alerts: &Alerts<'_>) -> Mail {
    let mut body = Text::default();
    body.line("EC2 Instance Non-Compliant Alerts\n");
    body.line(format_args!("Region: {}", alerts.region));
    if let Some(owner) = alerts.owner {
        body.line(format_args!("Owner: {}", owner.one_line()));
    }
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
            let lines = changes.iter().map(|change| line(change));
            body.block(&heading, place.flatten().into_iter().chain(lines));
        }
    }
    let open = alerts.changes.iter().filter(|it| it.news != News::Resolved);
    let severity = open.filter_map(|it| it.item.facts.severity).max();
    Mail {
        subject: subject(alerts),
        body: body.ending_with("\nPlease correct the tags to ensure compliance.\n"),
        severity,
    }
}

fn subject(alerts: &Alerts<'_>) -> String {
    let count = |news: News| alerts.changes.iter().filter(|it| it.news == news).count();
    let resolved = count(News::Resolved);
    let open = alerts.changes.len() - resolved;
    let instances = |count: usize| if count == 1 { "instance" } else { "instances" };
    match (open, resolved) {
        (0, _) => format!("{resolved} EC2 {} resolved", instances(resolved)),
        (_, 0) => format!("{open} EC2 {} not compliant", instances(open)),
        _ => format!(
            "{open} EC2 {} not compliant, {resolved} resolved",
            instances(open)
        ),
    }
}

/// Where the next launch of the same cause gets its tags.
fn next_launch(changes: &[&Change<'_>]) -> Option<String> {
    let mut made = changes.iter().filter_map(|change| change.provenance);
    let made = made.find(|made| made.maker != Maker::Unknown)?;
    Some(format!("The next launch: {}", made.next_launch()))
}

fn line(change: &Change<'_>) -> String {
    let name = change.name.map(|name| excerpt(name.raw(), MAX_NAME_CHARS));
    let name = name.map_or_else(String::new, |name| format!(" {}", OneLine(&name)));
    let what = match change.item.state {
        State::Closed(why) => closed(why).to_owned(),
        State::Open | State::Suspect => {
            let findings = change
                .evaluation
                .map(Evaluation::summary)
                .unwrap_or_default();
            excerpt(&findings, MAX_FINDING_CHARS)
        }
    };
    format!("{}{name}: {what}", change.id)
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

#[cfg(test)]
mod tests;
