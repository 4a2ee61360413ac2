//! `scan` of a part of the fleet, or of nothing.

use serde_json::{Value, json};

use crate::scan::{scan, scan_fleet};
use crate::stub::{Mood, Stub};
use crate::support::{Answer, answer, policy_file};

fn totals(document: &Value) -> [u64; 4] {
    let totals = &document["totals"];
    ["checked", "compliant", "nonCompliant", "exempt"].map(|it| totals[it].as_u64().unwrap())
}

#[test]
fn only_what_the_filter_asks_for_is_counted() {
    for (name, arguments, expected, code) in [
        ("tag", &["--where", "Environment=prod"][..], [4, 2, 1, 1], 1),
        (
            "tags",
            &["--where=Environment=prod", "--where=Owner=web"],
            [2, 2, 0, 0],
            0,
        ),
        ("no-tag", &["--where", "Environment="], [2, 0, 2, 0], 1),
        ("owner", &["--owner", "web"], [2, 2, 0, 0], 0),
        (
            "owners",
            &["--owner=web", "--owner=platform"],
            [4, 3, 1, 0],
            1,
        ),
        ("nobody", &["--owner="], [3, 0, 3, 0], 1),
        (
            "both",
            &["--owner=data", "--where=Environment=prod"],
            [1, 0, 0, 1],
            0,
        ),
    ] {
        let answer = scan_fleet(
            &format!("filter-{name}"),
            &[&["--format=json"], arguments].concat(),
        );
        assert_eq!(answer.code, Some(code), "{name}");
        assert_eq!(totals(&answer.json()), expected, "{name}");
    }
}

#[test]
fn a_severity_narrows_the_list_and_the_exit_code_and_no_total() {
    let list = |severity: &str, format: &str| {
        let name = format!("filter-{severity}-{format}");
        scan_fleet(&name, &["--severity", severity, "--format", format])
    };
    for (severity, listed, code) in [
        ("low", 5, 1),
        ("medium", 5, 1),
        ("high", 3, 1),
        ("critical", 0, 0),
    ] {
        let answer = list(severity, "json");
        let document = answer.json();
        assert_eq!(document["instances"].as_array().unwrap().len(), listed);
        assert_eq!(totals(&document), [10, 3, 6, 1]);
        assert_eq!(document["filter"]["severity"], severity);
        assert_eq!(answer.code, Some(code), "{severity}");
    }
    let page = list("critical", "html").stdout;
    assert!(page.contains("None of this severity or higher."), "{page}");
}

#[test]
fn a_listed_instance_is_listed_with_the_violations_of_this_severity_alone() {
    let scanned = |severity: &str, format: &str| {
        let name = format!("filter-violations-{severity}-{format}");
        scan_fleet(&name, &["--severity", severity, "--format", format])
    };
    let document = scanned("high", "json").json();
    let instances = document["instances"].as_array().unwrap();
    let id = |it: &&Value| it["instanceId"] == "i-00000000000000003";
    let instance = instances.iter().find(id).unwrap();
    assert_eq!(instance["severity"], "high");
    assert_eq!(instance["missingTags"], json!(["Owner"]));
    let violations = instance["violations"].as_array().unwrap();
    assert_eq!(violations.len(), 1);
    let commands = instance["fix"]["commands"].to_string();
    assert!(commands.contains("'Key=Owner,Value=web'"), "{commands}");
    assert!(!commands.contains("Environment"), "{commands}");
    let of_all = json!({"key": "Environment", "missing": 2, "invalid": 2, "forbidden": 0});
    assert_eq!(document["byTag"][0], of_all);
    let document = scanned("medium", "json").json();
    let instances = document["instances"].as_array().unwrap();
    assert_eq!(instances[1]["instanceId"], "i-00000000000000004");
    assert_eq!(instances[1]["forbiddenTags"], json!([]));
    for format in ["table", "csv", "markdown", "fix"] {
        let text = scanned("medium", format).stdout;
        assert!(!text.contains("temp: forbidden"), "{format}: {text}");
        assert!(!text.contains("Key=temp"), "{format}: {text}");
    }
}

#[test]
fn a_secret_is_no_filter() {
    for value in ["hunter2", " "] {
        let filter = format!("--where=TEMP={value}");
        let answer = scan_fleet("filter-secret", &[&filter]);
        assert_eq!(answer.code, Some(2), "{answer:?}");
        assert_eq!(
            answer.stderr,
            "error: --where TEMP: the values of forbidden tags are secret: expected a key that the policy does \
             not forbid, or TEMP=\n"
        );
        assert_eq!(answer.stdout, "");
    }
    let absent = scan_fleet("filter-no-secret", &["--where=temp=", "--format=json"]);
    assert_eq!(totals(&absent.json()), [8, 3, 4, 1]);
}

#[test]
fn a_report_says_what_it_is_about() {
    let arguments = ["--owner=web", "--where=Environment=prod"];
    for (format, part) in [
        (
            "table",
            "filter: Environment is \"prod\"; the owner is \"web\"\n",
        ),
        (
            "markdown",
            "; filter: Environment is \"prod\"; the owner is \"web\".",
        ),
        (
            "html",
            "<strong>Filter: Environment is &#34;prod&#34;; the owner is &#34;web&#34;</strong>",
        ),
    ] {
        let name = format!("filter-about-{format}");
        let text = scan_fleet(&name, &[&["--format", format][..], &arguments].concat()).stdout;
        assert!(text.contains(part), "{format}: {text}");
    }
}

/// The output in every format if nothing was evaluated.
fn assert_nothing(name: &str, scanned: impl Fn(&str) -> Answer, why: &str) {
    for format in ["table", "json", "csv", "markdown", "html", "fix"] {
        let answer = scanned(format);
        assert_eq!(answer.code, Some(0), "{name}: {format}");
        assert_eq!(
            answer.stderr,
            format!("warning: nothing was checked: {why}\n")
        );
        let is_said = answer
            .stdout
            .contains(&format!("nothing was checked: {why}"));
        assert_eq!(
            is_said,
            !matches!(format, "json" | "csv" | "html"),
            "{}",
            answer.stdout
        );
    }
    let page = scanned("html").stdout;
    let (first, rest) = why.split_at(1);
    let said = format!("Nothing was checked</h2><p>{}{rest}.", first.to_uppercase());
    let said = said.replace('\'', "&#39;");
    assert!(page.contains(&said), "{said}: {page}");
    assert!(!page.contains("of the instances are compliant"), "{page}");
}

#[test]
fn nothing_checked_is_said_loudly_and_why() {
    let stub = Stub::start(Mood::Empty);
    assert_nothing(
        "empty",
        |format| {
            let mut command = scan(&format!("filter-empty-{format}"), &stub.endpoint);
            answer(command.args(["--region=us-east-1,eu-central-1", "--format", format]))
        },
        "no instance is running or stopped in us-east-1, eu-central-1",
    );
    assert_nothing(
        "owner",
        |format| {
            scan_fleet(
                &format!("filter-nothing-{format}"),
                &["--owner=wbe", "--format", format],
            )
        },
        "none of the 11 instances matches the filter",
    );
    let stub = Stub::start(Mood::Fleet);
    let nowhere = json!({"required_tags": [{"key": "Owner"}], "scope": {"include": [{"regions": ["sa-east-1"]}]}});
    assert_nothing(
        "scope",
        |format| {
            let policy = policy_file(&format!("filter-scope-{format}.json"), &nowhere);
            let mut command = crate::support::program();
            command
                .args([
                    "scan",
                    "--region=us-east-1",
                    "--format",
                    format,
                    "--policy",
                    &policy,
                ])
                .env("AWS_ENDPOINT_URL", &stub.endpoint)
                .env("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT")
                .env("AWS_SECRET_ACCESS_KEY", "secret");
            answer(&mut command)
        },
        "every instance is out of the policy's scope",
    );
}
