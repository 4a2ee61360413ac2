//! A report in columns, for a terminal.

use std::fmt::Write;

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, presets};
use tag_compliance_core::evaluation::Status;
use tag_compliance_core::policy::document::Severity;
use tag_compliance_core::text::{OneLine, Untrusted};

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
        let _ = writeln!(
            text,
            "{BOLD}where to fix{BOLD:#} what was made by {}, in {} (violations: {})",
            place.made_by, place.region, place.violations
        );
        for command in &place.commands {
            let _ = writeln!(text, "  {command}");
        }
        let _ = writeln!(text, "  next launch: {}", place.next_launch);
        for command in &place.next_launch_commands {
            let _ = writeln!(text, "  {command}");
        }
        text.push('\n');
    }
    for region in report.unread {
        let region = region.to_string();
        let _ = writeln!(text, "{BAD}not read{BAD:#} {}", OneLine(&region));
    }
    let style = if report.counts.non_compliant > 0 || !report.unread.is_empty() {
        BAD
    } else {
        GOOD
    };
    let _ = writeln!(text, "{style}{}{style:#}", report.summary());
    text
}

/// Which columns say something that is not the same in every row.
struct Columns {
    region: bool,
    status: bool,
    severity: bool,
}

fn table(report: &Report<'_>) -> Table {
    let is_other = |row: &Row<'_>| row.status() != Status::NonCompliant;
    let columns = Columns {
        region: report.regions.len() + report.unread.len() > 1,
        status: report.rows.iter().any(is_other),
        severity: report.has_severities(),
    };
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        // Whoever prints takes the colours away where they are not wanted.
        .enforce_styling()
        .set_header(header(&columns));
    for row in &report.rows {
        table.add_row(cells(row, &columns));
    }
    // Ids stay in one piece, to be copied.
    if let Some(ids) = table.column_mut(0) {
        ids.set_constraint(ColumnConstraint::ContentWidth)
            .set_padding((0, 1));
    }
    table
}

fn header(columns: &Columns) -> Vec<Cell> {
    let mut names = vec!["Instance", "Name"];
    names.extend(columns.region.then_some("Region"));
    names.extend(["State", "Age", "Owner"]);
    names.extend(columns.status.then_some("Status"));
    names.extend(columns.severity.then_some("Severity"));
    names.push("Violations");
    let bold = |name| Cell::new(name).add_attribute(Attribute::Bold);
    names.into_iter().map(bold).collect()
}

fn cells(row: &Row<'_>, columns: &Columns) -> Vec<Cell> {
    let text = |text: Option<&str>| Cell::new(shown::cut(text.unwrap_or_default()));
    let mut cells = vec![
        Cell::new(&row.instance.id),
        text(row.name().map(Untrusted::raw)),
    ];
    cells.extend(columns.region.then(|| text(Some(row.region))));
    cells.push(Cell::new(row.instance.state));
    cells.push(Cell::new(row.age().unwrap_or_default()));
    cells.push(text(row.owner.map(Untrusted::raw)));
    let color = match row.status() {
        Status::Compliant => Color::Green,
        Status::NonCompliant => Color::Red,
        Status::Exempt | Status::OutOfScope => Color::Yellow,
    };
    cells.extend(columns.status.then(|| Cell::new(row.status()).fg(color)));
    cells.extend(columns.severity.then(|| severity(row)));
    cells.push(Cell::new(shown::violations(&row.evaluation).join("\n")));
    cells
}

fn severity(row: &Row<'_>) -> Cell {
    let cell = Cell::new(row.severity().unwrap_or_default());
    match row.evaluation.severity() {
        Some(Severity::Critical | Severity::High) => cell.fg(Color::Red),
        Some(Severity::Medium) => cell.fg(Color::Yellow),
        Some(Severity::Low) | None => cell,
    }
}
