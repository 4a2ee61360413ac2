//! A report as a self-contained page, for browsers and printers.

use askama::Template;
use tag_compliance_core::evaluation::Status;
use tag_compliance_core::policy::document::Severity;
use tag_compliance_core::text::{OneLine, Untrusted};
use tag_compliance_core::timestamp::Timestamp;

use super::error::ReportError;
use super::fixes::{self, Place};
use super::{COST, Group, OfTag, Report, Row, SHARE};

/// Askama escapes HTML; characters that could change the reading direction are escaped here.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report<'a>,
    violations: Vec<&'a Row<'a>>,
    others: Vec<&'a Row<'a>>,
    places: Vec<Place<'a>>,
    has_severities: bool,
    owners: Vec<&'a Group<Option<Untrusted<'a>>>>,
    /// Owners without violations, which the page only counts.
    good_owners: usize,
}

/// The widths of a bar's parts, for CSS.
struct Bar {
    good: String,
    exempt: String,
    bad: String,
}

/// A word of a text, and where it leads.
struct Word<'a> {
    text: &'a str,
    is_link: bool,
}

pub fn render(report: &Report<'_>) -> Result<String, ReportError> {
    let is_violation = |row: &&Row<'_>| row.status() == Status::NonCompliant;
    let (violations, others) = report.rows.iter().partition(is_violation);
    let has_violations = |group: &&Group<_>| group.counts.non_compliant > 0;
    let (owners, good): (Vec<_>, Vec<_>) = report.by_owner.iter().partition(has_violations);
    let page = Page {
        report,
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
    /// A longer list is folded.
    const OPEN: usize = 25;

    /// What the policy says of a tag, each text once.
    fn descriptions(&self, key: &str) -> Vec<&str> {
        let rules = self.report.policy.rules().iter();
        let rules = rules.filter(|rule| rule.key.text == key);
        let mut texts: Vec<&str> = Vec::new();
        for text in rules.filter_map(|rule| rule.description.as_deref()) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts
    }

    fn bar<Name>(group: &Group<Name>) -> Bar {
        let counts = group.counts;
        let width = |part| width(part, counts.checked());
        Bar {
            good: width(counts.compliant),
            exempt: width(counts.exempt),
            bad: width(counts.non_compliant),
        }
    }

    fn tag_width(&self, tag: &OfTag) -> String {
        width(tag.counts.total(), self.report.total.counts.non_compliant)
    }

    fn severity_width<Name>(&self, group: &Group<Name>) -> String {
        width(
            group.counts.non_compliant,
            self.report.total.counts.non_compliant,
        )
    }

    fn severity(severity: Option<&Severity>) -> &'static str {
        severity.map_or("none", |it| it.as_str())
    }

    fn made_on(&self) -> String {
        minutes(self.report.made_at)
    }

    fn evaluated_at(&self) -> Option<String> {
        self.report.at.map(minutes)
    }

    fn states(&self) -> String {
        self.report.state_words(", ")
    }

    fn accounts(&self) -> String {
        let accounts = self.report.accounts.iter();
        let accounts: Vec<_> = accounts.map(|account| account.as_str()).collect();
        accounts.join(", ")
    }

    fn line(text: &str) -> String {
        OneLine(text).to_string()
    }

    /// A name, split where a line may break, as in email addresses.
    fn parts(name: &Untrusted<'_>) -> Vec<String> {
        let name = OneLine(name.raw()).to_string();
        let parts = name.split_inclusive(['@', '.', '-', '_', '/', ':', '+']);
        parts.map(str::to_owned).collect()
    }

    /// A policy's text with its web addresses as links.
    fn words(text: &str) -> Vec<Word<'_>> {
        let words = text.split_inclusive(' ');
        words
            .map(|text| Word {
                text,
                is_link: text.starts_with("https://"),
            })
            .collect()
    }

    fn launched_on(row: &Row<'_>) -> String {
        row.instance
            .launched_at
            .map_or_else(String::new, Timestamp::date)
    }

    fn zone<'r>(row: &Row<'r>) -> &'r str {
        let zone = row.instance.described.availability_zone.as_deref();
        zone.unwrap_or(row.region)
    }
}

fn minutes(time: Timestamp) -> String {
    let time = time.to_string();
    let minutes = time.get(..16).unwrap_or(&time);
    format!("{} UTC", minutes.replace('T', " "))
}

fn width(part: u64, whole: u64) -> String {
    let per_mille = (part * 1_000).checked_div(whole).unwrap_or(0).min(1_000);
    format!("{}.{}%", per_mille / 10, per_mille % 10)
}
