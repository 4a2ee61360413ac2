//! `scan`: its output for the stub's fleet.

use serde_json::{Value, json};

use crate::scan::{scan_fleet, scan_with};
use crate::support::{Answer, assert_is_plain, path};

const SUMMARY: &str = "10 checked: 3 compliant (30.0%), 6 non-compliant, 1 exempt, 1 out of scope";

fn scan(format: &str, arguments: &[&str]) -> Answer {
    let name = format!("{format}-{}", arguments.len());
    let format = ["--format", format];
    let answer = scan_fleet(&name, &[format.as_slice(), arguments].concat());
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert_eq!(answer.stderr, "");
    assert_is_plain(&answer.stdout);
    answer
}

/// The ids in order, before the commands that name them again.
fn ids(text: &str) -> Vec<&str> {
    let lower = text.to_lowercase();
    let end = lower.find("where to fix").unwrap_or(text.len());
    let text = &text[..end];
    let starts = text.match_indices("i-000000000000000");
    let ids = starts.map(|(start, id)| &text[start..start + id.len() + 2]);
    let mut ids: Vec<_> = ids.collect();
    // A link with its text, and an instance's rows.
    ids.dedup();
    ids
}

const OLDEST_FIRST: [&str; 6] = [
    "i-00000000000000003",
    "i-00000000000000004",
    "i-00000000000000012",
    "i-00000000000000014",
    "i-00000000000000013",
    "i-00000000000000007",
];

/// High, medium, and without a severity.
const WORST_FIRST: [&str; 6] = [
    "i-00000000000000003",
    "i-00000000000000013",
    "i-00000000000000007",
    "i-00000000000000004",
    "i-00000000000000014",
    "i-00000000000000012",
];

#[test]
fn the_table_shows_the_worst_violations_first_and_of_these_the_oldest() {
    let table = scan("table", &[]).stdout;
    assert_eq!(ids(&table), WORST_FIRST);
    let severities = "by severity high: 3, medium: 2, none: 1\n";
    assert!(table.contains(severities), "{table}");
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
fn colors_are_only_there_where_they_are_wanted() {
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

/// The commands by maker: three makers in us-east-1, and unknown ones in eu-central-1.
const PLACES: [(&str, &str, usize); 4] = [
    ("unknown origin", "eu-central-1", 3),
    ("Auto Scaling group reporting", "us-east-1", 1),
    ("launch template lt-1", "us-east-1", 1),
    ("unknown origin", "us-east-1", 1),
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
    assert_eq!(&row[20], "launch template lt-1, version 3");
    assert_eq!(&row[21], COMMANDS.join(" && "));
    assert!(row[22].starts_with("a new version of the launch template"));

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
        let heading = format!("where to fix {made_by}, {region} (violations: {violations})\n");
        assert!(table.contains(&heading), "{heading}: {table}");
        let (first, rest) = made_by.split_at(1);
        let title = format!(
            "{}{rest}, {region} (violations: {violations})",
            first.to_uppercase()
        );
        let heading = format!("\n**{title}**. Next launch: ");
        assert!(markdown.contains(&heading), "{heading}: {markdown}");
        let heading = format!("<h3>{title}</h3>");
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
    let mut shown: Vec<_> = rows.iter().map(|row| &row[0]).collect();
    assert_eq!(shown.len(), 10);
    shown.dedup();
    assert_eq!(shown, WORST_FIRST);
    let of_first: Vec<_> = rows[..2]
        .iter()
        .map(|row| row.iter().collect::<Vec<_>>())
        .collect();
    assert_eq!(
        of_first.iter().map(|row| &row[11..17]).collect::<Vec<_>>(),
        [
            ["Environment", "missing", "", "medium", "", ""],
            [
                "Owner",
                "missing",
                "",
                "high",
                "did you mean \"owner\"?",
                "The team's short name"
            ],
        ]
    );
    assert_eq!(
        of_first[0][2..7],
        [
            "1234-5678-9012",
            "us-east-1",
            "us-east-1a",
            "stopped",
            "t3.micro"
        ]
    );
    let hostile = rows.iter().find(|row| row[0].ends_with("14")).unwrap();
    assert!(hostile[1].starts_with("'=cmd"), "{}", &hostile[1]);
    assert!(hostile[9].starts_with("'=cmd"), "{}", &hostile[9]);
    assert!(hostile[13].starts_with("'=cmd"), "{}", &hostile[13]);
    let all = scan("csv", &["--all"]).stdout;
    assert!(
        all.contains(",data,exempt,CostCenter,missing,,,,,"),
        "{all}"
    );
    assert!(all.contains(",web,compliant,,,,,,,"), "{all}");
    assert!(all.contains("data team, until 2099-03-31"), "{all}");
}

#[test]
fn markdown_is_made_of_whole_tables() {
    let text = scan("markdown", &[]).stdout;
    assert!(text.contains(&format!("**{SUMMARY}**")), "{text}");
    assert_eq!(ids(&text), WORST_FIRST);
    let rows: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("| [`i-"))
        .collect();
    assert_eq!(rows.len(), 6);
    let fold = text
        .find("<details><summary>Instances (6)</summary>")
        .unwrap();
    for total in [
        "| high | 3 |",
        "| Environment | 2 | 2 | 0 |",
        "| no owner | 3 | 3 | 0 | 0.0% |",
    ] {
        assert!(text.find(total).unwrap() < fold, "{total}: {text}");
    }
    assert_eq!(
        text.matches("<details>").count(),
        text.matches("\n</details>").count()
    );
    for row in &rows {
        let cells = row.replace("\\|", "").matches('|').count();
        assert_eq!(cells, 10, "{row}");
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
        "30.0%",
        "Account 123456789012",
        "us-east-1, eu-central-1",
        "Violations by tag",
        "Violations by owner",
        "no owner",
        "1 more without violations",
        "By region",
        "Violations by severity, then oldest first",
        "Violations by severity</h2>",
        "The team&#39;s short name",
        "A share is the compliant instances out of all checked",
        "Expired exemptions",
        "SHA-256",
        "&#60;script&#62;",
        "default-src 'none'",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert_eq!(ids(&page), WORST_FIRST);
    for part in ["<script", "http:", "src="] {
        assert!(!page.contains(part), "{part}");
    }
    let console = |region: &str| {
        let link = format!(
            "<a rel=\"noreferrer\" href=\"https://{region}.console.aws.amazon.com/ec2/home?region={region}#Inst"
        );
        page.matches(&link).count()
    };
    assert_eq!(console("us-east-1") + console("eu-central-1"), 6);
    assert_eq!(page.matches("href=").count(), 6);
    assert_eq!(page.matches("https:").count(), 6);
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
fn a_table_in_a_file_has_no_colors() {
    let path = path("scan-report.txt");
    let answer = scan_fleet("colors", &["--output", path.to_str().unwrap()]);
    assert_eq!(answer.code, Some(1));
    let table = std::fs::read_to_string(&path).unwrap();
    assert_is_plain(&table);
    assert!(table.contains(SUMMARY));
}
