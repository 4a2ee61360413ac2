//! A report as rows for a spreadsheet.

use csv::Writer;
use tag_compliance_core::instance::AccountId;
use tag_compliance_core::text::{OneLine, Untrusted};

use super::{Report, Row};
use crate::error::Error;
use crate::shown;

const COLUMNS: [&str; 12] = [
    "instanceId",
    "name",
    "accountId",
    "region",
    "state",
    "launchedAt",
    "ageDays",
    "owner",
    "status",
    "severity",
    "violations",
    "exemption",
];

pub fn render(report: &Report<'_>) -> Result<String, Error> {
    let mut writer = Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for row in &report.rows {
        writer.write_record(cells(row).map(|cell| harmless(&cell)))?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn cells(row: &Row<'_>) -> [String; COLUMNS.len()] {
    let instance = row.instance;
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let number = |number: Option<u64>| number.map_or_else(String::new, |it| it.to_string());
    let launched_at = instance.launched_at.map(|at| at.to_string());
    let exemption = row.evaluation.exemption.map(ToString::to_string);
    [
        instance.id.to_string(),
        text(row.name().map(Untrusted::raw)),
        text(instance.account_id.as_ref().map(AccountId::as_str)),
        row.region.to_owned(),
        instance.state.to_string(),
        launched_at.unwrap_or_default(),
        number(row.age_days()),
        text(row.owner.map(Untrusted::raw)),
        row.status().to_string(),
        text(row.severity()),
        shown::violations(&row.evaluation).join("; "),
        exemption.unwrap_or_default(),
    ]
}

/// On one line, and no formula to any spreadsheet program ("CSV Injection", OWASP).
fn harmless(cell: &str) -> String {
    const STARTS_OF_FORMULAS: [char; 9] = ['=', '+', '-', '@', '\t', '＝', '＋', '－', '＠'];
    let quote = if cell.starts_with(STARTS_OF_FORMULAS) {
        "'"
    } else {
        ""
    };
    format!("{quote}{}", OneLine(cell))
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn a_cell_is_no_formula_and_on_one_line() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠1"] {
            assert_eq!(harmless(formula), format!("'{formula}"));
        }
        assert_eq!(harmless("\t=1"), "'\\u{9}=1");
        assert_eq!(harmless("a\r\n=1"), "a\\u{d}\\u{a}=1");
        assert_eq!(harmless("a-b=c"), "a-b=c");
        assert_eq!(harmless(""), "");
    }
}
