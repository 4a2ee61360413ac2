//! The totals as tables of Markdown.

use tag_compliance_core::policy::document::Severity;
use tag_compliance_core::tally::TagCounts;

use super::owner_of;
use super::safe::safe;
use super::text::{MONTHLY, MONTHLY_AND_SHARE, Text};
use crate::report::money::Usd;
use crate::report::{Group, Report};

/// The totals by severity, owner, tag, region and account, as far as they add to the summary.
pub fn totals(text: &mut Text, report: &Report<'_>) {
    let cost = |cost: Usd| report.has_costs.then(|| cost.to_string());
    let header = |first: &'static str, more: &[&'static str], cost: &'static str| {
        let mut header = vec![first];
        header.extend(more);
        header.extend(report.has_costs.then_some(cost));
        header
    };
    if report.by_severity.iter().any(|group| group.name.is_some()) {
        text.table(&header("Severity", &["Violations"], MONTHLY));
        for group in &report.by_severity {
            let name = group.name.map_or("none", Severity::as_str).to_owned();
            let mut cells = vec![name, group.counts.non_compliant.to_string()];
            cells.extend(cost(group.costs.non_compliant));
            text.row(&cells);
        }
    }
    let groups = ["Checked", "Violations", "Exempt", "Compliant"];
    let cells = |name: String, group: &Group<()>| {
        let mut cells = vec![name];
        let counts = group.counts;
        cells.extend(
            [counts.checked(), counts.non_compliant, counts.exempt].map(|it| it.to_string()),
        );
        cells.push(group.share().unwrap_or_default());
        cells.extend(report.has_costs.then(|| group.costs.words()));
        cells
    };
    if report.total.counts.checked() > 0 {
        text.table(&header("Owner", &groups, MONTHLY_AND_SHARE));
        for group in &report.by_owner {
            text.row(&cells(owner_of(group.name), &group.nameless()));
        }
    }
    if !report.by_tag.is_empty() {
        text.table(&header(
            "Tag",
            &["Missing", "Invalid", "Forbidden"],
            MONTHLY,
        ));
        for tag in &report.by_tag {
            let TagCounts {
                missing,
                invalid,
                forbidden,
            } = tag.counts;
            let mut cells = vec![safe(&tag.key)];
            cells.extend([missing, invalid, forbidden].map(|it| it.to_string()));
            cells.extend(cost(tag.cost));
            text.row(&cells);
        }
    }
    if !report.upcoming.is_empty() {
        text.table(&header("Not counted yet", &["From", "Instances"], MONTHLY));
        for upcoming in &report.upcoming {
            let mut cells = vec![safe(upcoming.key), upcoming.enforced_from.in_words()];
            cells.push(upcoming.instances.to_string());
            cells.extend(cost(upcoming.cost));
            text.row(&cells);
        }
    }
    if report.by_region.len() > 1 {
        text.table(&header("Region", &groups, MONTHLY_AND_SHARE));
        for group in &report.by_region {
            text.row(&cells(safe(group.name), &group.nameless()));
        }
    }
    if report.by_account.len() > 1 {
        text.table(&header("Account", &groups, MONTHLY_AND_SHARE));
        for group in &report.by_account {
            text.row(&cells(group.name.to_string(), &group.nameless()));
        }
    }
}
