//! `scan`: the fleet as it is now.

use crate::args::{Scan, ScanFormat};
use crate::error::Error;
use crate::exit::Exit;
use crate::fleet;
use crate::report::{Report, csv, html, json, markdown, table};
use crate::{clock, output};

/// Scans the fleet.
pub fn run(arguments: &Scan) -> Result<Exit, Error> {
    let policy = arguments.policy.read_policy()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    let fleet = runtime.block_on(fleet::read(arguments))?;
    for region in &fleet.unread {
        output::error(&region.to_string());
    }
    let policy_name = arguments.policy.to_string();
    let report = Report::new(&fleet, &policy, policy_name, clock::now(), arguments.all);
    let text = match arguments.format() {
        ScanFormat::Table => table::render(&report),
        ScanFormat::Json => json::render(&report),
        ScanFormat::Csv => csv::render(&report)?,
        ScanFormat::Markdown => markdown::render(&report),
        ScanFormat::Html => html::render(&report)?,
    };
    match &arguments.output {
        None => output::print(&text)?,
        Some(path) => {
            output::save(path, &text)?;
            output::note(&format!("{}: {}", path.display(), report.summary()));
        }
    }
    Ok(if !report.unread.is_empty() {
        Exit::Incomplete
    } else if report.counts.non_compliant > 0 {
        Exit::Violation
    } else {
        Exit::Good
    })
}
