//! A report as Markdown, as GitHub and GitLab read it.

mod safe;
mod text;
mod totals;

use tag_compliance_core::text::Untrusted;

use self::safe::safe;
use self::text::{MONTHLY, Text};
use self::totals::totals;
use super::comparison::Comparison;
use super::{COST, Report, Row, SHARE, fixes};
use crate::shown::{self, capital};

/// The findings of an instance, or those that differ.
const FINDINGS: &str = "What is wrong";

pub fn render(report: &Report<'_>) -> String {
    let mut text = Text::default();
    text.line("## EC2 tag compliance\n");
    text.line(&format!("**{}**\n", safe(&report.summary())));
    text.line(&about(report));
    if let Some(unpriced) = report.unpriced_summary() {
        text.line(&format!("\n{}.", safe(&capital(&unpriced))));
    }
    unread(&mut text, report);
    totals(&mut text, report);
    report
        .comparisons
        .iter()
        .for_each(|it| compare(&mut text, it));
    rows(&mut text, report);
    places(&mut text, report);
    expired(&mut text, report);
    text.into_string()
}

/// What the report is about, in a line.
fn about(report: &Report<'_>) -> String {
    let at = report.at.map(|at| format!("; as of {at}"));
    let filter = report
        .filter
        .words()
        .map(|it| format!("; filter: {}", safe(&it)));
    format!(
        "Regions {}; {}{}; policy {} (`{}`){}. {SHARE}{}",
        safe(&report.regions.join(", ")),
        report.made_at,
        at.unwrap_or_default(),
        safe(report.policy_name),
        shown::short(report.policy.fingerprint()),
        filter.unwrap_or_default(),
        if report.has_costs {
            format!(" {COST}")
        } else {
            String::new()
        },
    )
}

fn unread(text: &mut Text, report: &Report<'_>) {
    if report.unread.is_empty() {
        return;
    }
    text.line("\n### Regions that could not be read");
    text.table(&["Region", "Error"]);
    for unread in report.unread {
        text.row(&[safe(&unread.place()), safe(&unread.reason)]);
    }
}

fn compare(text: &mut Text, comparison: &Comparison<'_>) {
    text.line(&format!("\n### {}\n", safe(&comparison.title())));
    text.line(&format!("{}.", capital(&comparison.summary())));
    for note in &comparison.notes {
        text.line(&format!("\n{}.", safe(&capital(note))));
    }
    let [new, fixed] = comparison.words().map(capital);
    if !comparison.changes.by_owner.is_empty() {
        text.table(&["Owner", &new, &fixed]);
    }
    for owner in &comparison.changes.by_owner {
        let cost = owner.monthly_usd.map(|cost| format!(" ({cost} a month)"));
        text.row(&[
            owner_of(owner.owner),
            format!("{}{}", owner.new, cost.unwrap_or_default()),
            owner.fixed.to_string(),
        ]);
    }
    let lists = comparison.lists();
    if lists.iter().all(|(_, changed)| changed.is_empty()) {
        return;
    }
    text.line("\n<details><summary>Each of them</summary>");
    text.table(&["Change", "Instance", "Name", "Region", "Owner", FINDINGS]);
    for (what, changed) in lists {
        for it in changed {
            let violations: Vec<_> = it.violations.iter().map(|it| safe(it)).collect();
            text.row(&[
                what.to_owned(),
                safe(it.instance_id),
                safe(it.name.map_or("", Untrusted::raw)),
                safe(it.region),
                owner_of(it.owner),
                violations.join("<br>"),
            ]);
        }
    }
    text.line("\n</details>");
}

fn owner_of(owner: Option<Untrusted<'_>>) -> String {
    owner.map_or_else(|| "no owner".to_owned(), |it| safe(it.raw()))
}

/// The instances in a fold, which GitHub and GitLab open at a click.
fn rows(text: &mut Text, report: &Report<'_>) {
    if report.rows.is_empty() {
        return;
    }
    text.line(&format!(
        "\n<details><summary>Instances ({})</summary>",
        report.rows.len()
    ));
    let mut header = vec![
        "Instance", "Name", "Region", "Type", "State", "Age", "Owner",
    ];
    header.extend(report.has_costs.then_some(MONTHLY));
    header.extend(["Status", FINDINGS]);
    text.table(&header);
    for row in &report.rows {
        text.row(&cells(report, row));
    }
    text.line("\n</details>");
}

fn places(text: &mut Text, report: &Report<'_>) {
    let places = fixes::of(report);
    if places.is_empty() {
        return;
    }
    text.line("\n<details><summary>Where to fix it</summary>");
    for place in places {
        text.line(&format!(
            "\n**{}**. Next launch: {}.\n",
            safe(&capital(&place.title())),
            safe(&place.next_launch),
        ));
        // A command holds neither a backtick nor the end of a line.
        text.line("```sh");
        for command in place.commands.iter().chain(&place.next_launch_commands) {
            text.line(command);
        }
        text.line("```");
    }
    text.line("\n</details>");
}

fn expired(text: &mut Text, report: &Report<'_>) {
    if report.expired_exemptions.is_empty() {
        return;
    }
    text.line("\n### Expired exemptions");
    text.table(&["Owner", "Last day", "Reason", "Violations since"]);
    for (exemption, violations) in &report.expired_exemptions {
        text.row(&[
            safe(&exemption.owner),
            exemption.expires.clone(),
            safe(&exemption.reason),
            violations.to_string(),
        ]);
    }
}

fn cells(report: &Report<'_>, row: &Row<'_>) -> Vec<String> {
    let violations: Vec<_> = row.texts().map(|text| safe(&text)).collect();
    let status = match row.severity() {
        None => row.status().to_string(),
        Some(severity) => format!("{} ({severity})", row.status()),
    };
    let id = &row.instance.id;
    let mut cells = vec![
        match row.console() {
            Some(console) => format!("[`{id}`]({console})"),
            None => format!("`{id}`"),
        },
        safe(row.name().map_or("", Untrusted::raw)),
        safe(row.region),
        safe(row.instance_type().unwrap_or_default()),
        row.instance.state.to_string(),
        row.age().unwrap_or_default(),
        safe(row.owner.map_or("", Untrusted::raw)),
    ];
    cells.extend(report.has_costs.then(|| row.price()));
    cells.extend([status, violations.join("<br>")]);
    cells
}
