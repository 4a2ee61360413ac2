//! A report in columns, for a terminal.

use std::fmt::Write;

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, presets};
use tag_compliance_core::evaluation::Status;
use tag_compliance_core::policy::document::Severity;
use tag_compliance_core::text::{OneLine, Untrusted};

use super::comparison::Comparison;
use super::{Report, Row, fixes};
use crate::output::{BAD, BOLD, GOOD};
use crate::shown;

pub fn render(report: &Report<'_>) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    if !report.rows.is_empty() {
        let _ = writeln!(text, "{}\n", table(report).trim_fmt());
    }
    for (exemption, violations) in &report.expired_exemptions {
        let _ = writeln!(
            text,
            "{BOLD}expired exemption{BOLD:#} of {exemption} (violations: {violations})"
        );
    }
    for place in fixes::of(report) {
        let _ = writeln!(text, "{BOLD}where to fix{BOLD:#} {}", place.title());
        for command in &place.commands {
            let _ = writeln!(text, "  {command}");
        }
        let _ = writeln!(text, "  next launch: {}", place.next_launch);
        for command in &place.next_launch_commands {
            let _ = writeln!(text, "  {command}");
        }
        text.push('\n');
    }
    for comparison in &report.comparisons {
        compare(&mut text, comparison);
    }
    if let Some(severities) = severities(report) {
        let _ = writeln!(text, "{BOLD}by severity{BOLD:#} {severities}");
    }
    for upcoming in &report.upcoming {
        let cost = report
            .has_costs
            .then(|| format!(" ({} a month)", upcoming.cost));
        let _ = writeln!(
            text,
            "{BOLD}not counted yet{BOLD:#} {}: instances in violation: {}{}, enforced from {}",
            OneLine(upcoming.key),
            upcoming.instances,
            cost.unwrap_or_default(),
            upcoming.enforced_from.in_words()
        );
    }
    if let Some(words) = report.filter.words() {
        let _ = writeln!(text, "{BOLD}filter:{BOLD:#} {words}");
    }
    if let Some(at) = report.at {
        let _ = writeln!(text, "{BOLD}as of{BOLD:#} {at}");
    }
    for region in report.unread {
        let region = region.to_string();
        let _ = writeln!(text, "{BAD}not read{BAD:#} {}", OneLine(&region));
    }
    let is_bad = report.total.counts.non_compliant > 0 || report.nothing().is_some();
    let style = if is_bad || !report.unread.is_empty() {
        BAD
    } else {
        GOOD
    };
    let _ = writeln!(text, "{style}{}{style:#}", report.summary());
    text
}

fn compare(text: &mut String, comparison: &Comparison<'_>) {
    let title = comparison.title();
    // Writing to a string does not fail.
    let _ = writeln!(text, "{BOLD}{title}{BOLD:#}: {}", comparison.summary());
    for owner in &comparison.changes.by_owner {
        let name = owner
            .owner
            .map_or_else(|| "no owner".to_owned(), |it| shown::cut(it.raw()));
        let [new, fixed] = comparison.words();
        let cost = owner.monthly_usd.map(|cost| format!(" ({cost} a month)"));
        let cost = cost.unwrap_or_default();
        let _ = writeln!(
            text,
            "  {name}: {} {new}{cost}, {} {fixed}",
            owner.new, owner.fixed
        );
    }
    for (what, changed) in comparison.lists() {
        for it in changed {
            let name = it.name.map(|name| format!(" ({})", shown::cut(name.raw())));
            let _ = writeln!(
                text,
                "  {what} {}{} in {}: {}",
                OneLine(it.instance_id),
                name.unwrap_or_default(),
                OneLine(it.region),
                it.violations.join("; ")
            );
        }
    }
    text.push('\n');
}

/// The violations by severity, if the policy has severities.
fn severities(report: &Report<'_>) -> Option<String> {
    let has_some = report.by_severity.iter().any(|group| group.name.is_some());
    let groups = report.by_severity.iter().map(|group| {
        let count = group.counts.non_compliant;
        let cost = report
            .has_costs
            .then(|| format!(" ({})", group.costs.non_compliant));
        let name = group.name.map_or("none", Severity::as_str);
        format!("{name}: {count}{}", cost.unwrap_or_default())
    });
    let groups: Vec<_> = groups.collect();
    has_some.then(|| groups.join(", "))
}

fn table(report: &Report<'_>) -> Table {
    let columns = columns(report);
    let bold = |name: &&str| Cell::new(name).add_attribute(Attribute::Bold);
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        // Printing strips the colors if they are not wanted.
        .enforce_styling()
        .set_header(columns.iter().map(bold));
    for row in &report.rows {
        table.add_row(columns.iter().map(|column| cell(row, column)));
    }
    // Ids stay in one piece for copying.
    if let Some(ids) = table.column_mut(0) {
        ids.set_constraint(ColumnConstraint::ContentWidth)
            .set_padding((0, 1));
    }
    table
}

/// The columns that carry information.
fn columns(report: &Report<'_>) -> Vec<&'static str> {
    let is_other = |row: &Row<'_>| row.status() != Status::NonCompliant;
    let has_regions = report.regions.len() + report.unread.len() > 1;
    let mut names = vec!["Instance", "Name"];
    names.extend(has_regions.then_some("Region"));
    names.extend(["State", "Type", "Age", "Owner"]);
    names.extend(report.has_costs.then_some("Monthly"));
    names.extend(report.rows.iter().any(is_other).then_some("Status"));
    names.extend(report.has_severities().then_some("Severity"));
    names.push("Violations");
    names
}

fn cell(row: &Row<'_>, column: &str) -> Cell {
    let text = |text: Option<&str>| Cell::new(shown::cut(text.unwrap_or_default()));
    match column {
        "Instance" => Cell::new(&row.instance.id),
        "Name" => text(row.name().map(Untrusted::raw)),
        "Region" => text(Some(row.region)),
        "State" => Cell::new(row.instance.state),
        "Type" => text(row.instance_type()),
        "Age" => Cell::new(row.age().unwrap_or_default()),
        "Owner" => text(row.owner.map(Untrusted::raw)),
        "Monthly" => Cell::new(row.price()),
        "Status" => Cell::new(row.status()).fg(match row.status() {
            Status::Compliant => Color::Green,
            Status::NonCompliant => Color::Red,
            Status::Exempt | Status::OutOfScope => Color::Yellow,
        }),
        "Severity" => severity(row),
        _ => Cell::new(row.texts().collect::<Vec<_>>().join("\n")),
    }
}

fn severity(row: &Row<'_>) -> Cell {
    let cell = Cell::new(row.severity().unwrap_or_default());
    match row.evaluation.severity() {
        Some(Severity::Critical | Severity::High) => cell.fg(Color::Red),
        Some(Severity::Medium) => cell.fg(Color::Yellow),
        Some(Severity::Low) | None => cell,
    }
}
