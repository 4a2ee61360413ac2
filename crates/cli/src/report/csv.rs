//! A report as rows for a spreadsheet: one for each violation.

use csv::Writer;
use tag_compliance_core::instance::{AccountId, ServicePrincipal};
use tag_compliance_core::policy::document::Severity;
use tag_compliance_core::text::{OneLine, Untrusted, is_blank};

use super::aside::Aside;
use super::error::ReportError;
use super::money::Usd;
use super::violation::{Kind, Violation};
use super::{Report, Row};

const COLUMNS: [&str; 24] = [
    "instanceId",
    "name",
    "accountId",
    "region",
    "availabilityZone",
    "state",
    "instanceType",
    "launchedAt",
    "ageDays",
    "owner",
    "status",
    "key",
    "kind",
    "value",
    "severity",
    "hint",
    "description",
    "exemption",
    "monthlyUsd",
    "managedBy",
    "madeBy",
    "commands",
    "nextLaunch",
    "enforcedFrom",
];

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The rows, after a byte order mark if one is wanted.
pub fn render(report: &Report<'_>, has_mark: bool) -> Result<String, ReportError> {
    let mut writer = Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for row in &report.rows {
        let mut write = |violation: Option<&Violation<'_>>, aside: Option<&Aside<'_>>| {
            let cells = cells(row, violation, aside);
            writer.write_record(cells.map(|cell| harmless(&cell)))
        };
        if row.violations.is_empty() && row.asides.is_empty() {
            write(None, None)?;
        }
        for violation in &row.violations {
            write(Some(violation), None)?;
        }
        for aside in &row.asides {
            write(Some(&aside.violation), Some(aside))?;
        }
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))?;
    let mark = if has_mark { BYTE_ORDER_MARK } else { "" };
    Ok(format!("{mark}{}", String::from_utf8_lossy(&bytes)))
}

fn cells(
    row: &Row<'_>,
    violation: Option<&Violation<'_>>,
    aside: Option<&Aside<'_>>,
) -> [String; COLUMNS.len()] {
    let (instance, described) = (row.instance, &row.instance.described);
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let number = |number: Option<u64>| number.map_or_else(String::new, |it| it.to_string());
    let launched_at = instance.launched_at.map(|at| at.to_string());
    let exemption = aside.and_then(Aside::exemption);
    let exemption = exemption.or(row.evaluation.exemption.filter(|_| aside.is_none()));
    let exemption = exemption.map(ToString::to_string);
    let enforced_from = aside.and_then(Aside::enforced_from);
    let fix = row.fix_of(aside);
    let severity = violation.and_then(|it| it.severity);
    [
        instance.id.to_string(),
        text(row.name().map(Untrusted::raw)),
        instance
            .account_id
            .as_ref()
            .map(account)
            .unwrap_or_default(),
        row.region.to_owned(),
        text(described.availability_zone.as_deref()),
        instance.state.to_string(),
        text(described.instance_type.as_deref()),
        launched_at.unwrap_or_default(),
        number(row.age_days()),
        text(row.owner.map(Untrusted::raw)),
        row.status().to_string(),
        text(violation.map(|it| it.key.raw())),
        text(violation.map(|it| Kind::as_str(it.kind))),
        text(violation.and_then(|it| it.value).map(Untrusted::raw)),
        text(severity.map(Severity::as_str)),
        text(violation.and_then(|it| it.hint.as_deref())),
        text(violation.and_then(|it| it.description)),
        exemption.unwrap_or_default(),
        row.cost.map(Usd::plain).unwrap_or_default(),
        text(instance.operator.as_ref().map(ServicePrincipal::as_ref)),
        row.provenance.made_by().unwrap_or_default(),
        fix.map_or_else(String::new, |fix| fix.commands.join(" && ")),
        text(fix.map(|fix| fix.next_launch.as_str())),
        enforced_from.map_or_else(String::new, |day| day.to_string()),
    ]
}

/// As the AWS console writes it, `0123-4567-8901`: a number would lose its leading zeros.
fn account(id: &AccountId) -> String {
    let digits = id.as_str().as_bytes().chunks(4);
    let groups: Vec<_> = digits.map(String::from_utf8_lossy).collect();
    groups.join("-")
}

/// On one line, and not a formula to any spreadsheet program ("CSV Injection", OWASP). If a program
/// splits at another separator, what follows it begins a new cell.
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

    use super::{account, harmless};

    #[test]
    fn an_account_is_text_with_all_its_digits() {
        assert_eq!(account(&"012345678901".parse().unwrap()), "0123-4567-8901");
    }

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
        // A new cell, to a program with another separator.
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
