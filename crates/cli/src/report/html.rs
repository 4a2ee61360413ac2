//! A report as a page of its own, for people and printers.

use askama::Template;
use tag_compliance_core::evaluation::Status;
use tag_compliance_core::tally::TagCounts;
use tag_compliance_core::text::{OneLine, Untrusted};
use tag_compliance_core::timestamp::Timestamp;

use super::fixes::{self, Place};
use super::{Group, Report, Row};
use crate::error::Error;
use crate::shown;

/// Askama escapes what is put in; what could change the reading direction is written out here.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report<'a>,
    total: Group<()>,
    violations: Vec<&'a Row<'a>>,
    others: Vec<&'a Row<'a>>,
    places: Vec<Place>,
    has_severities: bool,
    owners: Vec<&'a Group<Option<Untrusted<'a>>>>,
    /// Those without a violation, whom the page only counts.
    good_owners: usize,
}

/// The widths of a bar's parts, for CSS.
struct Bar {
    good: String,
    exempt: String,
    bad: String,
}

pub fn render(report: &Report<'_>) -> Result<String, Error> {
    let is_violation = |row: &&Row<'_>| row.status() == Status::NonCompliant;
    let (violations, others) = report.rows.iter().partition(is_violation);
    let has_violations = |group: &&Group<_>| group.counts.non_compliant > 0;
    let (owners, good): (Vec<_>, Vec<_>) = report.by_owner.iter().partition(has_violations);
    let page = Page {
        report,
        total: Group {
            name: (),
            counts: report.counts,
        },
        violations,
        others,
        places: fixes::of(report),
        has_severities: report.has_severities(),
        owners,
        good_owners: good.len(),
    };
    Ok(page.render()?)
}

impl Page<'_> {
    fn bar<Name>(group: &Group<Name>) -> Bar {
        let counts = group.counts;
        let width = |part| percentage(part, counts.checked());
        Bar {
            good: width(counts.compliant),
            exempt: width(counts.exempt),
            bad: width(counts.non_compliant),
        }
    }

    fn tag_width(&self, tag: &TagCounts) -> String {
        percentage(tag.total(), self.report.counts.non_compliant)
    }

    fn made_on(&self) -> String {
        let made_at = self.report.made_at.to_string();
        let minutes = made_at.get(..16).unwrap_or(&made_at);
        format!("{} UTC", minutes.replace('T', " "))
    }

    fn states(&self) -> String {
        let states = self.report.states.iter().map(|state| state.as_str());
        states.collect::<Vec<_>>().join(", ")
    }

    fn accounts(&self) -> String {
        let accounts = self.report.accounts.iter();
        let accounts: Vec<_> = accounts.map(|account| account.as_str()).collect();
        accounts.join(", ")
    }

    fn line(text: &str) -> String {
        OneLine(text).to_string()
    }

    fn cut(name: &Untrusted<'_>) -> String {
        shown::cut(name.raw())
    }

    fn launched_on(row: &Row<'_>) -> String {
        row.instance
            .launched_at
            .map_or_else(String::new, Timestamp::date)
    }

    fn texts(row: &Row<'_>) -> Vec<String> {
        shown::violations(&row.evaluation)
    }
}

fn percentage(part: u64, whole: u64) -> String {
    let per_mille = (part * 1_000).checked_div(whole).unwrap_or(0).min(1_000);
    format!("{}.{}%", per_mille / 10, per_mille % 10)
}
