//! `scan`: the fleet as it is now.

pub mod args;
mod error;
mod format;

use tag_compliance_core::policy::TagPolicy;

use self::args::Scan;
pub use self::error::ScanError;
use self::format::ScanFormat;
use crate::exit::Exit;
use crate::fleet::{self, Wanted};
use crate::input::{self, Source};
use crate::report::baseline::Baseline;
use crate::report::filter::Filter;
use crate::report::prices::Prices;
use crate::report::{Question, Report, csv, html, json, markdown, script, table};
use crate::{clock, output, policy_file};

/// Scans the fleet.
pub fn run(arguments: &Scan) -> Result<Exit, ScanError> {
    let format = arguments.format()?;
    if arguments.bom && format != ScanFormat::Csv {
        return Err(ScanError::MarkWithoutCsv);
    }
    let question = question(arguments)?;
    let wanted = Wanted {
        regions: &arguments.region,
        has_all_regions: arguments.all_regions,
        profiles: &arguments.profile,
        states: &arguments.state,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(ScanError::Runtime)?;
    let fleet = runtime.block_on(fleet::read(&wanted))?;
    for region in &fleet.unread {
        output::error(&region.to_string());
    }
    let report = Report::new(&fleet, &question);
    let text = match format {
        ScanFormat::Table => table::render(&report),
        ScanFormat::Json => json::render(&report),
        ScanFormat::Csv => csv::render(&report, arguments.bom)?,
        ScanFormat::Markdown => markdown::render(&report),
        ScanFormat::Html => html::render(&report)?,
        ScanFormat::Fix => script::render(&report),
    };
    let unshown = unshown(arguments, format);
    for warning in unshown.into_iter().chain(warnings(&report)) {
        output::warning(&warning);
    }
    match &arguments.output {
        None => output::print(&text)?,
        Some(path) => {
            output::save(path, &text)?;
            output::note(&format!("{}: {}", path.display(), report.summary()));
        }
    }
    Ok(if !report.unread.is_empty() {
        Exit::Incomplete
    } else if report.has_violations() {
        Exit::Violation
    } else {
        Exit::Good
    })
}

/// The question, with its files read.
fn question(arguments: &Scan) -> Result<Question, ScanError> {
    let Scan {
        policy,
        prices,
        baseline,
        compare_policy,
        ..
    } = arguments;
    let sources = [
        Some(policy),
        prices.as_ref(),
        baseline.as_ref(),
        compare_policy.as_ref(),
    ];
    input::refuse_twice(sources.into_iter().flatten())?;
    let rules = policy_file::read(policy)?;
    refuse_secrets(&arguments.tags, &rules)?;
    Ok(Question {
        policy: rules,
        policy_name: policy.to_string(),
        made_at: clock::now(),
        at: arguments.at,
        lists_all: arguments.all,
        filter: Filter {
            tags: arguments.tags.clone(),
            owners: arguments.owner.clone(),
            severity: arguments.severity,
        },
        prices: prices.as_ref().map(read_prices).transpose()?,
        baseline: baseline.as_ref().map(read_baseline).transpose()?,
        other_policy: compare_policy
            .as_ref()
            .map(|source| Ok::<_, ScanError>((policy_file::read(source)?, source.to_string())))
            .transpose()?,
    })
}

/// A filter is part of the report, and its value one that a reader must not learn.
fn refuse_secrets(tags: &[(String, String)], policy: &TagPolicy) -> Result<(), ScanError> {
    let mut valued = tags.iter().filter(|(_, value)| !value.is_empty());
    match valued.find(|(key, _)| policy.masks(key)) {
        Some((key, _)) => Err(ScanError::SecretWhere { key: key.clone() }),
        None => Ok(()),
    }
}

fn read_prices(source: &Source) -> Result<Prices, ScanError> {
    Prices::from_csv(&source.read()?).map_err(|error| ScanError::Prices {
        name: source.to_string(),
        source: error,
    })
}

fn read_baseline(source: &Source) -> Result<(Baseline, String), ScanError> {
    let name = source.to_string();
    match Baseline::from_json(&source.read()?) {
        Ok(baseline) => Ok((baseline, name)),
        Err(source) => Err(ScanError::Baseline { name, source }),
    }
}

/// The comparisons that are asked for, but that the format does not show.
fn unshown(arguments: &Scan, format: ScanFormat) -> Vec<String> {
    let name = match format {
        ScanFormat::Csv => "csv",
        ScanFormat::Fix => "fix",
        ScanFormat::Table | ScanFormat::Json | ScanFormat::Markdown | ScanFormat::Html => {
            return Vec::new();
        }
    };
    let options = [
        ("--baseline", arguments.baseline.is_some()),
        ("--at", arguments.at.is_some()),
        ("--compare-policy", arguments.compare_policy.is_some()),
    ];
    let given = options.iter().filter(|(_, is_given)| *is_given);
    given
        .map(|(option, _)| {
            format!(
                "{option}: the format {name} does not show what differs; table, json, markdown and html do"
            )
        })
        .collect()
}

/// Warnings, which a reader must not overlook.
fn warnings(report: &Report<'_>) -> Vec<String> {
    let nothing = report.nothing();
    let notes = report.comparisons.iter().flat_map(|it| it.notes.clone());
    let warnings = nothing.into_iter().chain(report.unpriced_summary());
    warnings.chain(notes).collect()
}
