//! A report as rows for a spreadsheet.

use csv::Writer;
use tag_compliance_core::instance::AccountId;
use tag_compliance_core::text::{OneLine, Untrusted, is_blank};

use super::{Report, Row};
use crate::error::Error;
use crate::shown;

const COLUMNS: [&str; 15] = [
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
    "madeBy",
    "commands",
    "nextLaunch",
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
    let fix = row.fix.as_ref();
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
        fix.and_then(|fix| fix.provenance.made_by())
            .unwrap_or_default(),
        fix.map_or_else(String::new, |fix| fix.commands.join(" && ")),
        text(fix.map(|fix| fix.next_launch.as_str())),
    ]
}

/// On one line, and no formula to any spreadsheet program ("CSV Injection", OWASP). Where a program
/// takes another separator than the comma, what follows it begins a cell of its own.
fn harmless(cell: &str) -> String {
    const STARTS_OF_FORMULAS: [char; 9] = ['=', '+', '-', '@', '\t', '＝', '＋', '－', '＠'];
    const SEPARATORS: [char; 4] = [';', ',', '|', '\t'];
    let mut harmless = String::with_capacity(cell.len());
    let mut begins_a_cell = true;
    for character in cell.chars() {
        if begins_a_cell && STARTS_OF_FORMULAS.contains(&character) {
            harmless.push('\'');
        }
        // Some programs strip blanks and quotes before they look for a formula.
        let is_stripped =
            character == '"' || character == '\'' || is_blank(character.encode_utf8(&mut [0; 4]));
        begins_a_cell = SEPARATORS.contains(&character) || (begins_a_cell && is_stripped);
        harmless.push(character);
    }
    OneLine(&harmless).to_string()
}

#[cfg(test)]
mod tests {
    use tag_compliance_core::fix::Fix;
    use tag_compliance_core::testing::{default_policy, instance, subject, tags};

    use super::harmless;

    #[test]
    fn a_command_stays_as_it_is_whatever_the_tags_hold() {
        let hostile = "'\"x,-1;=1|@a\\t+1; $(id)";
        let instance = instance(tags(&[
            ("application", hostile),
            ("aws:autoscaling:groupName", hostile),
        ]));
        let (subject, policy) = (subject(&instance), default_policy());
        let evaluation = policy.evaluate(&subject);
        let fix = Fix::of(&subject, &evaluation, &policy, |_| true).unwrap();
        let commands = fix.commands.join(" && ");
        assert!(commands.contains("x\\u002c-1"), "{commands}");
        assert_eq!(harmless(&commands), commands);
    }

    #[test]
    fn a_cell_is_no_formula_and_on_one_line() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠1"] {
            assert_eq!(harmless(formula), format!("'{formula}"));
        }
        assert_eq!(harmless("\t=1"), "'\\t'=1");
        // A cell of its own where the separator is another one.
        for (cell, expected) in [
            ("x;=1", "x;'=1"),
            ("x; =1", "x; '=1"),
            ("x;\"=1", "x;\"'=1"),
            ("x\t+1", "x\\t'+1"),
            ("x|@a", "x|'@a"),
            ("x,-1", "x,'-1"),
            (";;=1;=2", ";;'=1;'=2"),
            (" =1", " '=1"),
            ("\u{200b}=1", "\\u{200b}'=1"),
            ("x; y=1", "x; y=1"),
            ("a;b-c", "a;b-c"),
        ] {
            assert_eq!(harmless(cell), expected);
        }
        assert_eq!(harmless("a\r\n=1"), "a\\r\\n=1");
        assert_eq!(harmless("a-b=c"), "a-b=c");
        assert_eq!(harmless(""), "");
    }
}
