//! `scan` with a rule that is enforced later, and with exemptions of some keys.

use serde_json::{Value, json};

use crate::scan::scan_by;
use crate::stub::{Mood, Stub};
use crate::support::{Answer, answer, file, policy_file};

fn document() -> Value {
    json!({
        "required_tags": [
            {"key": "Environment"},
            {"key": "Owner", "severity": "high"},
            {"key": "Project", "severity": "low", "enforced_from": "2099-04-01"},
        ],
        "forbidden_tags": [{"key": "temp", "severity": "high"}],
        "exemptions": [{
            "owner": "lab", "reason": "old", "expires": "2099-12-31", "keys": ["Environment"],
            "when": {"regions": ["us-east-1"]},
        }],
    })
}

const PROJECT_COMMAND: &str = "aws ec2 create-tags --region us-east-1 --resources i-00000000000000001 \
                               --tags 'Key=Project,Value=<Project>'\n";

fn scanned(name: &str, policy: &Value, arguments: &[&str]) -> Answer {
    let stub = Stub::start(Mood::Fleet);
    let policy = policy_file(&format!("upcoming-{name}-policy.json"), policy);
    let prices = "region,instance_type,monthly_usd\nus-east-1,t3.micro,10\n";
    let prices = file(&format!("upcoming-{name}-prices.csv"), prices);
    let mut scan = scan_by(&policy, &stub.endpoint);
    scan.args(arguments);
    answer(scan.args(["--region=us-east-1", "--prices", &prices]))
}

#[test]
fn what_counts_later_on_is_listed_with_its_day_in_each_format() {
    let document = document();
    for (format, parts) in [
        (
            "table",
            &[
                "Project: missing, from 1 April 2099",
                "not counted yet Project: instances in violation: ",
                " a month), enforced from 1 April 2099",
                "unknown origin, us-east-1, from 1 April 2099 (instances: ",
                PROJECT_COMMAND,
                "Environment: missing, accepted: lab, until 2099-12-31: old",
            ][..],
        ),
        (
            "markdown",
            &[
                "| Not counted yet | From | Instances | Monthly |",
                "| Project | 1 April 2099 | ",
                "Project: missing, from 1 April 2099",
                "Unknown origin, us-east-1, from 1 April 2099 (instances: ",
                PROJECT_COMMAND,
            ],
        ),
        (
            "fix",
            &[
                "# Unknown origin, us-east-1, from 1 April 2099 (instances: ",
                "# Decide yourself, on i-00000000000000001: Project=<Project>\n",
            ],
        ),
        (
            "html",
            &[
                "<h2>Not counted yet</h2>",
                "<td class=\"whole\">1 April 2099</td>",
                "<li class=\"soft\">Project: missing, from 1 April 2099</li>",
                "<h3>Unknown origin, us-east-1, from 1 April 2099 (instances: ",
                "&#39;Key=Project,Value=&#60;Project&#62;&#39;\n",
            ],
        ),
    ] {
        let answer = scanned(format, &document, &["--format", format]);
        assert_eq!(answer.code, Some(1), "{answer:?}");
        for part in parts {
            assert!(answer.stdout.contains(part), "{part} in {}", answer.stdout);
        }
    }
}

#[test]
fn a_program_reads_when_a_violation_counts() {
    let document = document();
    let scanned_as = |format| scanned(&format!("read-{format}"), &document, &["--format", format]);
    let report = scanned_as("json").json();
    let upcoming = &report["upcoming"][0];
    assert_eq!(upcoming["key"], "Project");
    assert_eq!(upcoming["enforcedFrom"], "2099-04-01");
    assert!(upcoming["instances"].as_u64().unwrap() > 1, "{upcoming}");
    let instances = report["instances"].as_array().unwrap();
    let compliant: Vec<_> = instances
        .iter()
        .filter(|it| it["status"] == "compliant")
        .collect();
    assert!(!compliant.is_empty());
    for it in compliant {
        assert_eq!(it["missingTags"], json!([]));
        let expected =
            json!([{"key": "Project", "finding": "missing", "enforcedFrom": "2099-04-01"}]);
        assert_eq!(it["upcoming"], expected);
        assert_eq!(it["fix"], Value::Null);
        let fix = &it["upcomingFixes"][0];
        assert_eq!(fix["enforcedFrom"], "2099-04-01");
        let command = fix["commands"][0].as_str().unwrap();
        assert!(command.contains("Key=Project,Value=<Project>"), "{command}");
    }
    let csv = scanned_as("csv").stdout;
    let mut rows = csv::Reader::from_reader(csv.as_bytes());
    let header = rows.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|it| it == name).unwrap();
    let rows: Vec<_> = rows.records().map(Result::unwrap).collect();
    let project = rows.iter().find(|row| &row[column("key")] == "Project");
    let project = project.unwrap();
    assert_eq!(&project[column("enforcedFrom")], "2099-04-01");
    let commands = &project[column("commands")];
    assert!(
        commands.ends_with("'Key=Project,Value=<Project>'"),
        "{commands}"
    );
    let accepted = rows
        .iter()
        .find(|row| &row[column("key")] == "Environment" && !row[column("exemption")].is_empty());
    let commands = accepted.map(|row| &row[column("commands")]);
    assert_eq!(commands, Some(""), "{csv}");
}

#[test]
fn what_counts_later_on_makes_no_instance_non_compliant() {
    let document = json!({
        "required_tags": [{"key": "Project", "severity": "low", "enforced_from": "2099-04-01"}],
    });
    let answer = scanned("good", &document, &["--format=json"]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let report = answer.json();
    assert_eq!(report["totals"]["nonCompliant"], 0);
    assert!(!report["instances"].as_array().unwrap().is_empty());
    let high = scanned(
        "good-high",
        &document,
        &["--format=json", "--severity=high"],
    );
    assert_eq!(high.json()["instances"], json!([]));
}

#[test]
fn a_severity_narrows_what_counts_later_on_too() {
    let with = |severity: &str| {
        let arguments = ["--format=json", "--severity", severity];
        scanned(&format!("severity-{severity}"), &document(), &arguments).json()
    };
    let [low, high] = ["low", "high"].map(with);
    assert_eq!(low["upcoming"], high["upcoming"]);
    assert_eq!(low["upcoming"][0]["key"], "Project");
    let lists = |document: &Value, field: &str| {
        let instances = document["instances"].as_array().unwrap();
        assert!(!instances.is_empty());
        instances.iter().any(|it| it.get(field).is_some())
    };
    for field in ["upcoming", "upcomingFixes"] {
        assert!(lists(&low, field) && !lists(&high, field), "{field}");
    }
}

#[test]
fn each_kind_of_finding_may_count_later_on() {
    let from = "2099-04-01";
    let document = json!({
        "required_tags": [
            {"key": "Environment", "allowed_values": ["nowhere"], "enforced_from": from},
            {"key": "Project", "enforced_from": from},
        ],
        "forbidden_tags": [{"key_pattern": "(?i)temp", "enforced_from": from}],
    });
    let report = scanned("kinds", &document, &["--format=json", "--all"]).json();
    let instances = report["instances"].as_array().unwrap().iter();
    let violations =
        instances.flat_map(|it| it["upcoming"].as_array().cloned().unwrap_or_default());
    let kinds: std::collections::BTreeSet<_> = violations
        .map(|it| it["finding"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        ["forbidden", "invalid", "missing"]
    );
    let csv = scanned("kinds-csv", &document, &["--format=csv", "--all"]).stdout;
    for kind in [",forbidden,", ",invalid,", ",missing,"] {
        assert!(csv.contains(kind), "{kind}: {csv}");
    }
}
