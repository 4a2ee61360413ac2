//! `scan`: what it writes of the stub's fleet.

use serde_json::{Value, json};

use crate::scan::{scan_fleet, scan_with};
use crate::support::{Answer, assert_is_plain, path};

const SUMMARY: &str = "10 checked: 3 compliant (30.0 %), 6 non-compliant, 1 exempt, 1 out of scope";

fn scan(format: &str, arguments: &[&str]) -> Answer {
    let name = format!("{format}-{}", arguments.len());
    let format = ["--format", format];
    let answer = scan_fleet(&name, &[format.as_slice(), arguments].concat());
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert_eq!(answer.stderr, "");
    assert_is_plain(&answer.stdout);
    answer
}

/// The ids in the order in which they are shown, before the commands that name them again.
fn ids(text: &str) -> Vec<&str> {
    let lower = text.to_lowercase();
    let end = lower.find("where to fix").unwrap_or(text.len());
    let text = &text[..end];
    let starts = text.match_indices("i-000000000000000");
    starts
        .map(|(start, id)| &text[start..start + id.len() + 2])
        .collect()
}

const OLDEST_FIRST: [&str; 6] = [
    "i-00000000000000003",
    "i-00000000000000004",
    "i-00000000000000012",
    "i-00000000000000014",
    "i-00000000000000013",
    "i-00000000000000007",
];

#[test]
fn the_table_shows_the_violations_oldest_first() {
    let table = scan("table", &[]).stdout;
    assert_eq!(ids(&table), OLDEST_FIRST);
    assert!(table.ends_with(&format!("{SUMMARY}\n")), "{table}");
    for part in [
        "Owner: missing (did you mean \"owner\"?)",
        "Environment: \"production\" is not one of dev, prod",
        "CostCenter: \"12a\" does not match [0-9]{4}",
        "temp: forbidden",
        "expired exemption of web team, until 2025-01-31: migration (violations: 1)",
    ] {
        assert!(table.contains(part), "{part}: {table}");
    }
    assert!(!table.contains("Status"));
}

#[test]
fn colours_are_only_there_where_they_are_wanted() {
    let arguments = ["--region", "us-east-1"];
    let with = |name: &str| scan_with(name, &arguments, |command| command.env(name, "1"));
    assert!(with("CLICOLOR_FORCE").stdout.contains("\u{1b}["));
    assert_is_plain(&with("NO_COLOR").stdout);
}

#[test]
fn with_all_it_shows_the_others_too() {
    let table = scan("table", &["--all"]).stdout;
    assert_eq!(ids(&table).len(), 10);
    assert!(table.contains("Status"));
    for word in ["compliant", "non-compliant", "exempt"] {
        assert!(table.lines().any(|line| line.contains(word)), "{word}");
    }
    assert!(!table.contains("node-1"), "out of scope");
}

#[test]
fn json_holds_totals_and_instances() {
    let document = scan("json", &[]).json();
    let totals = json!({
        "checked": 10, "compliant": 3, "nonCompliant": 6, "exempt": 1, "outOfScope": 1,
    });
    assert_eq!(document["totals"], totals);
    assert_eq!(document["accounts"], json!(["123456789012"]));
    assert_eq!(document["policyHash"].as_str().unwrap().len(), 64);
    assert_eq!(
        document["byTag"][0],
        json!({"key": "Environment", "missing": 2, "invalid": 2, "forbidden": 0})
    );
    assert_eq!(
        document["byOwner"][0],
        json!({"owner": null, "checked": 3, "compliant": 0, "nonCompliant": 3, "exempt": 0})
    );
    assert_eq!(
        document["byRegion"][0],
        json!({"region": "eu-central-1", "checked": 4, "compliant": 1, "nonCompliant": 3, "exempt": 0})
    );
    assert_eq!(
        document["expiredExemptions"],
        json!([{"owner": "web team", "reason": "migration", "expires": "2025-01-31", "violations": 1}])
    );
    let instances = document["instances"].as_array().unwrap();
    let shown: Vec<_> = instances
        .iter()
        .map(|it| it["instanceId"].as_str().unwrap())
        .collect();
    assert_eq!(shown, OLDEST_FIRST);
    let oldest = &instances[0];
    for (field, expected) in [
        ("status", json!("non-compliant")),
        ("severity", json!("high")),
        ("region", json!("us-east-1")),
        ("accountId", json!("123456789012")),
        ("state", json!("stopped")),
        ("launchedAt", json!("2023-02-11T08:00:00.000Z")),
        ("owner", Value::Null),
        ("missingTags", json!(["Environment", "Owner"])),
        (
            "misspelledTags",
            json!([{"key": "Owner", "found": "owner"}]),
        ),
    ] {
        assert_eq!(oldest[field], expected, "{field}");
    }
    assert_eq!(oldest["tags"]["Name"], "old-import");
    assert!(oldest["ageDays"].as_u64().unwrap() > 1_000);
    let all = scan("json", &["--all"]).json();
    let all = all["instances"].as_array().unwrap();
    let exempt = all.iter().find(|it| it["status"] == "exempt").unwrap();
    assert_eq!(exempt["exemption"]["owner"], "data team");
}

/// Their commands, by what made them: three things in us-east-1, and nothing that is known in eu-central-1.
const PLACES: [(&str, &str, usize); 4] = [
    ("not known", "eu-central-1", 3),
    ("Auto Scaling group reporting", "us-east-1", 1),
    ("launch template lt-1", "us-east-1", 1),
    ("not known", "us-east-1", 1),
];
const GROUP_COMMAND: &str = "aws autoscaling create-or-update-tags --region us-east-1 --tags \
    'ResourceId=reporting,ResourceType=auto-scaling-group,Key=Environment,Value=<dev or prod>,PropagateAtLaunch=true'";
const COMMANDS: [&str; 2] = [
    "aws ec2 create-tags --region us-east-1 --resources i-00000000000000003 --tags \
     'Key=Environment,Value=<dev or prod>' 'Key=Owner,Value=web'",
    "aws ec2 delete-tags --region us-east-1 --resources i-00000000000000003 --tags 'Key=owner'",
];

#[test]
fn every_format_says_where_to_fix_it() {
    let document = scan("json", &[]).json();
    let fix = &document["instances"][0]["fix"];
    assert_eq!(
        *fix,
        json!({
            "madeBy": "launch-template",
            "name": "lt-1",
            "launchTemplateId": "lt-1",
            "launchTemplateVersion": "3",
            "commands": COMMANDS,
            "nextLaunch": "a new version of the launch template, with TagSpecifications for instances",
        })
    );
    let csv = scan("csv", &[]).stdout;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let row = reader.records().next().unwrap().unwrap();
    assert_eq!(&row[12], "launch template lt-1, version 3");
    assert_eq!(&row[13], COMMANDS.join(" && "));
    assert!(row[14].starts_with("a new version of the launch template"));

    let table = scan("table", &[]).stdout;
    let markdown = scan("markdown", &[]).stdout;
    let page = scan("html", &[]).stdout;
    for command in COMMANDS.into_iter().chain([GROUP_COMMAND]) {
        assert!(table.contains(&format!("\n  {command}\n")), "{table}");
        assert!(markdown.contains(&format!("\n{command}\n")), "{markdown}");
        let escaped = command.replace('\'', "&#39;").replace('<', "&#60;");
        let escaped = escaped.replace('>', "&#62;");
        assert!(page.contains(&format!("{escaped}\n")), "{page}");
    }
    for (made_by, region, violations) in PLACES {
        let heading =
            format!(" what was made by {made_by}, in {region} (violations: {violations})\n");
        assert!(table.contains(&heading), "{heading}: {table}");
        let heading =
            format!("\nMade by {made_by}, in {region} (violations: {violations}). Next launch: ");
        assert!(markdown.contains(&heading), "{heading}: {markdown}");
        let heading = format!(
            "<h3>Made by {made_by} <span class=\"soft\">({region}, {violations})</span></h3>"
        );
        assert!(page.contains(&heading), "{heading}: {page}");
    }
    assert_eq!(markdown.matches("```").count(), 2 * PLACES.len());
}

#[test]
fn csv_has_a_row_for_each_violation_and_no_formula() {
    let text = scan("csv", &[]).stdout;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let columns = reader.headers().unwrap().clone();
    assert_eq!(&columns[0], "instanceId");
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    let shown: Vec<_> = rows.iter().map(|row| &row[0]).collect();
    assert_eq!(shown, OLDEST_FIRST);
    assert_eq!(
        &rows[0][10],
        "Environment: missing; Owner: missing (did you mean \"owner\"?)"
    );
    let hostile = &rows[3];
    assert!(hostile[1].starts_with("'=cmd"), "{}", &hostile[1]);
    assert!(hostile[7].starts_with("'=cmd"), "{}", &hostile[7]);
    let all = scan("csv", &["--all"]).stdout;
    assert!(all.contains(",data,exempt,,CostCenter: missing,"), "{all}");
    assert!(all.contains("data team, until 2099-03-31"), "{all}");
}

#[test]
fn markdown_is_made_of_whole_tables() {
    let text = scan("markdown", &[]).stdout;
    assert!(text.contains(&format!("**{SUMMARY}**")), "{text}");
    assert_eq!(ids(&text), OLDEST_FIRST);
    let rows: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("| `i-"))
        .collect();
    for row in &rows {
        let cells = row.replace("\\|", "").matches('|').count();
        assert_eq!(cells, 9, "{row}");
        assert!(!row.contains("<script"), "{row}");
        assert!(!row.contains("@org"), "{row}");
    }
    assert!(text.contains("### Expired exemptions"));
    assert!(text.contains("| web team | 2025-01-31 | migration | 1 |"));
    let all = scan("markdown", &["--all"]).stdout;
    assert!(
        all.contains("| data | exempt | CostCenter: missing |"),
        "{all}"
    );
}

#[test]
fn html_is_a_page_of_its_own_into_which_nothing_is_smuggled() {
    let page = scan("html", &[]).stdout;
    for part in [
        "<!doctype html>",
        "30.0 %",
        "Account 123456789012",
        "us-east-1, eu-central-1",
        "Violations by tag",
        "Violations by owner",
        "no owner",
        "1 more without violations",
        "By region",
        "Violations, oldest first",
        "Expired exemptions",
        "SHA-256",
        "&#60;script&#62;",
        "default-src 'none'",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert_eq!(ids(&page), OLDEST_FIRST);
    for part in ["<script", "http:", "https:", "src=", "href="] {
        assert!(!page.contains(part), "{part}");
    }
    let all = scan("html", &["--all"]).stdout;
    assert!(all.contains("Compliant and exempt instances"));
    assert!(all.contains("data team, until 2099-03-31: is switched off soon"));
}

#[test]
fn a_page_goes_to_a_file_and_its_summary_to_standard_error() {
    let path = path("scan-report.html");
    let name = path.to_str().unwrap();
    let answer = scan_fleet("file", &["--output", name]);
    assert_eq!(answer.code, Some(1));
    assert_eq!(answer.stdout, "");
    assert_eq!(answer.stderr, format!("note: {name}: {SUMMARY}\n"));
    let page = std::fs::read_to_string(&path).unwrap();
    assert!(page.starts_with("<!doctype html>"));
}

#[test]
fn a_table_in_a_file_has_no_colours() {
    let path = path("scan-report.txt");
    let answer = scan_fleet("colours", &["--output", path.to_str().unwrap()]);
    assert_eq!(answer.code, Some(1));
    let table = std::fs::read_to_string(&path).unwrap();
    assert_is_plain(&table);
    assert!(table.contains(SUMMARY));
}
