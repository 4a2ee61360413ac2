//! The card of each kind of notification.

use super::{Card, Fact, Line, MAX_SECTIONS, Page, Section, Step};
use crate::memory::News;
use crate::notification::places::{FIX_HERE, FIX_NEXT, Places};
use crate::notification::{
    Alert, Alerts, Change, Digest, Notification, Test, console, findings, groups,
};
use crate::text::{Untrusted, is_blank};

const CONSOLE: &str = "Open in the AWS console";

impl Card {
    /// The card of a notification.
    #[must_use]
    pub fn of(notification: &Notification<'_>) -> Self {
        let mut card = match notification {
            Notification::Alert(alert) => of_alert(alert),
            Notification::Alerts(alerts) => of_alerts(alerts),
            Notification::Digest(digest) => of_digest(digest),
            Notification::Test(test) => of_test(test),
        };
        let more = card
            .sections
            .split_off(card.sections.len().min(MAX_SECTIONS));
        let hidden = more
            .iter()
            .map(|section| section.lines.len() + section.hidden);
        card.hidden = hidden.sum();
        card
    }
}

fn of_alert(alert: &Alert<'_>) -> Card {
    let (subject, evaluation) = (&alert.subject, alert.evaluation);
    let (instance, policy) = (subject.instance, alert.policy);
    let url = console::instance(subject.region, &instance.id);
    let places = Places::of(alert);
    let name = policy.shown(&instance.tags).get("Name");
    let name = name.filter(|name| !is_blank(name.raw()));
    let owner = policy.owner_of(instance);
    let severity = evaluation.severity();
    let facts = [
        Some(Fact {
            url: url.clone(),
            ..Fact::new("Instance", &instance.id)
        }),
        name.map(|name| Fact::new("Name", name.raw())),
        severity.map(|severity| Fact::new("Severity", severity.as_str())),
        owner.map(|owner| Fact::new("Owner", owner.raw())),
        instance
            .account_id
            .as_ref()
            .map(|account| Fact::new("Account", account)),
        Some(Fact::new("Region", subject.region)),
        Some(Fact::new("State", instance.state.as_str())),
        instance
            .operator
            .as_ref()
            .map(|operator| Fact::new("Managed By", operator)),
        places
            .as_ref()
            .and_then(|places| places.made_by.as_ref())
            .map(|makers| Fact::new("Made By", makers)),
        instance
            .launched_at
            .map(|launched_at| Fact::new("Launched", launched_at.date())),
    ];
    let missing = (findings::MISSING, findings::missing(evaluation).collect());
    let blocks = findings::blocks(evaluation).into_iter();
    let blocks = [missing].into_iter().chain(blocks);
    let sections = blocks
        .filter(|(_, lines): &(_, Vec<String>)| !lines.is_empty())
        .map(|(heading, lines)| Section::new(heading, lines.iter().map(Line::new)));
    Card {
        title: alert.title(),
        summary: Some(super::shown(&evaluation.summary())),
        severity,
        facts: facts.into_iter().flatten().collect(),
        steps: places.map_or_else(Vec::new, steps),
        sections: sections.collect(),
        page: url.map(page),
        ..Card::default()
    }
}

fn steps(places: Places) -> Vec<Step> {
    vec![
        Step::new(
            &format!("{FIX_HERE}{}", places.limit),
            None,
            places.commands,
        ),
        Step::new(FIX_NEXT, Some(&places.next), places.next_commands),
    ]
}

fn of_alerts(alerts: &Alerts<'_>) -> Card {
    let owner = alerts.owner.map(Untrusted::raw);
    let severity = groups::severity(alerts);
    let facts = [
        severity.map(|severity| Fact::new("Severity", severity.as_str())),
        owner.map(|owner| Fact::new("Owner", owner)),
        Some(Fact::new("Region", alerts.region)),
    ];
    let groups = groups::of(alerts).into_iter();
    let sections = groups.map(|group| {
        let lines = group.changes.into_iter();
        let lines = lines.map(|change| line(alerts.region, change));
        Section {
            advice: group.next_launch.as_deref().map(super::shown),
            ..Section::new(&group.heading, lines)
        }
    });
    let (title, page) = match alerts.changes.as_slice() {
        [only] => (
            title_of_one(only),
            console::instance(alerts.region, only.id).map(page),
        ),
        _ => (alerts.title(), None),
    };
    Card {
        title,
        severity,
        facts: facts.into_iter().flatten().collect(),
        sections: sections.collect(),
        page,
        ..Card::default()
    }
}

fn title_of_one(change: &Change<'_>) -> String {
    let is = match change.news {
        News::Resolved => "is resolved",
        News::Escalated => "is still not compliant",
        News::Opened | News::Changed | News::StillOpen => "is not compliant",
    };
    format!("EC2 instance {} {is}", change.id)
}

fn line(region: &str, change: &Change<'_>) -> Line {
    let id = change.id.as_str();
    let after_id = change.after_id();
    match console::instance(region, change.id) {
        Some(url) => Line {
            link: Some(Page {
                text: id.to_owned(),
                url,
            }),
            ..Line::new(after_id)
        },
        None => Line::new(format!("{id}{after_id}")),
    }
}

fn of_test(test: &Test<'_>) -> Card {
    Card {
        title: test.title(),
        summary: Some(test.text()),
        facts: vec![
            Fact::new("Environment", test.environment),
            Fact::new("Region", test.region),
        ],
        ..Card::default()
    }
}

fn of_digest(digest: &Digest<'_>) -> Card {
    let totals = digest.totals;
    let counts = totals.tally.counts;
    let (bad, open) = (counts.non_compliant, totals.standing.open);
    let mut facts = vec![
        Fact::new("Region", digest.region),
        Fact::new("Checked", counts.checked().to_string()),
        Fact::new("Compliant", digest.compliant()),
        Fact::new("Non-Compliant", bad.to_string()),
    ];
    if open > 0 {
        facts.push(Fact::new("Open Violations", open.to_string()));
    }
    facts.extend(
        digest
            .counts()
            .map(|(what, count)| Fact::new(what, count.to_string())),
    );
    let overdue = Section::new("Overdue", digest.overdue().map(Line::new));
    let uri = Line::new(digest.records_uri());
    let sections = [overdue, Section::new("Audit Records", [uri])];
    Card {
        title: digest.title(),
        severity: totals.severity(),
        facts,
        sections: sections
            .into_iter()
            .filter(|section| !section.lines.is_empty())
            .collect(),
        page: digest.records_page().map(|url| Page {
            text: "Open the audit records".to_owned(),
            url,
        }),
        ..Card::default()
    }
}

fn page(url: String) -> Page {
    Page {
        text: CONSOLE.to_owned(),
        url,
    }
}
