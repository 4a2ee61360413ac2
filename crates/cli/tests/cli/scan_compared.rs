//! `scan` compared with an earlier report, another policy or another day.

use serde_json::{Value, json};

use crate::scan::scan_fleet;
use crate::support::{Answer, file, policy, policy_file};

const FORMATS: [&str; 3] = ["table", "markdown", "html"];

/// A report of a week ago: one instance was compliant, one violated another rule, one has ended, and one has been
/// tagged since.
fn last_week() -> Value {
    let mut report = scan_fleet("compared-before", &["--format=json", "--all"]).json();
    let instances = report["instances"].as_array_mut().unwrap();
    for instance in instances.iter_mut() {
        match instance["instanceId"].as_str().unwrap() {
            "i-00000000000000013" => instance["status"] = json!("compliant"),
            "i-00000000000000004" => instance["invalidTags"] = json!([]),
            "i-00000000000000001" => {
                instance["status"] = json!("non-compliant");
                instance["missingTags"] = json!(["Owner"]);
            }
            _ => {}
        }
    }
    let is_old = |it: &&Value| it["instanceId"] == "i-00000000000000003";
    let mut gone = instances.iter().find(is_old).unwrap().clone();
    gone["instanceId"] = json!("i-000000000000000ff");
    instances.push(gone);
    report["timestamp"] = json!("2025-12-01T10:00:00Z");
    report
}

fn compared(name: &str, baseline: &Value, arguments: &[&str]) -> Answer {
    let path = file(
        &format!("compared-{name}-baseline.json"),
        &baseline.to_string(),
    );
    let baseline = ["--baseline", path.as_str()];
    scan_fleet(
        &format!("compared-{name}"),
        &[&baseline[..], arguments].concat(),
    )
}

fn ids(changed: &Value) -> Vec<String> {
    let changed = changed.as_array().unwrap().iter();
    let words = changed.map(|it| {
        let texts = it["violations"].as_array().unwrap().iter();
        let texts: Vec<_> = texts.map(|text| text.as_str().unwrap()).collect();
        let id = it["instanceId"].as_str().unwrap();
        format!("{} {}", &id[id.len() - 2..], texts.join("; "))
    });
    words.collect()
}

#[test]
fn a_baseline_tells_what_is_new_fixed_and_still_open() {
    let answer = compared("json", &last_week(), &["--format=json"]);
    assert_eq!(answer.stderr, "");
    let comparison = &answer.json()["comparisons"][0];
    assert_eq!(comparison["with"], "baseline");
    assert_eq!(comparison["timestamp"], "2025-12-01T10:00:00.000Z");
    assert_eq!(comparison["totals"]["nonCompliant"], 6);
    assert_eq!(comparison["notes"], json!([]));
    assert_eq!(
        ids(&comparison["new"]),
        [
            "04 Environment: \"production\" is not one of dev, prod (did you mean \"prod\"?)",
            "13 Owner: the value is blank"
        ]
    );
    assert_eq!(ids(&comparison["fixed"]), ["01 Owner: missing"]);
    assert_eq!(
        ids(&comparison["ended"]),
        ["ff Environment: missing; Owner: missing"]
    );
    assert_eq!(comparison["stillOpen"], 8);
    assert_eq!(
        comparison["byOwner"],
        json!([
            {"owner": null, "new": 1, "fixed": 0},
            {"owner": "data", "new": 1, "fixed": 0},
            {"owner": "web", "new": 0, "fixed": 1},
        ])
    );
}

#[test]
fn every_format_for_people_says_what_changed() {
    let sentence = "2 new, 1 fixed, 8 still open, 2 on instances that are gone; compliant then: 3 of 10 (30.0%)";
    for format in FORMATS {
        let text = compared(format, &last_week(), &["--format", format]).stdout;
        assert!(text.contains(sentence), "{format}: {text}");
        assert!(
            text.contains("-baseline.json of 2025-12-01"),
            "{format}: {text}"
        );
        assert!(
            text.contains("Owner: the value is blank"),
            "{format}: {text}"
        );
        assert!(text.contains("i-000000000000000ff"), "{format}: {text}");
    }
}

#[test]
fn what_cannot_be_compared_is_said() {
    let mut report = last_week();
    report["regions"] = json!(["us-east-1", "sa-east-1"]);
    report["states"] = json!(["running"]);
    report["policyHash"] = json!("another");
    report["evaluatedAt"] = json!("2026-01-01T00:00:00Z");
    report["filter"] = json!({"owners": ["web"]});
    let notes = [
        "not compared, because the baseline does not cover it: eu-central-1",
        "not compared, because this scan did not read it: sa-east-1",
        "the baseline used another policy, which may explain what is new or fixed",
        "the baseline covers other states: running",
        "the baseline covers less: the owner is \"web\"",
        "the baseline was evaluated as of 2026-01-01T00:00:00.000Z",
    ];
    let answer = compared("notes", &report, &["--format=json"]);
    let warnings: Vec<_> = notes
        .iter()
        .map(|note| format!("warning: {note}\n"))
        .collect();
    assert_eq!(answer.stderr, warnings.concat());
    let comparison = &answer.json()["comparisons"][0];
    assert_eq!(comparison["notes"], json!(notes));
    assert_eq!(comparison["totals"], Value::Null);
    assert_eq!(
        ids(&comparison["new"]).len(),
        1,
        "13 is in a region of which it says nothing"
    );
    for format in FORMATS {
        let text = compared(&format!("notes-{format}"), &report, &["--format", format]).stdout;
        let text = text.to_lowercase();
        // The table's note goes to standard error.
        assert_eq!(
            text.contains("used another policy"),
            format != "table",
            "{format}: {text}"
        );
    }
}

#[test]
fn only_accounts_that_both_have_read_are_compared() {
    let not_of = |which: &str, account: &str| {
        format!("not compared, because {which} found no instance of the account: {account}")
    };
    let mut report = last_week();
    report["accounts"] = json!(["111111111111", "123456789012"]);
    let instances = report["instances"].as_array_mut().unwrap();
    let gone = instances.last_mut().unwrap();
    gone["accountId"] = json!("111111111111");
    let answer = compared("accounts", &report, &["--format=json"]);
    let comparison = &answer.json()["comparisons"][0];
    assert_eq!(comparison["ended"], json!([]));
    assert_eq!(ids(&comparison["fixed"]), ["01 Owner: missing"]);
    assert_eq!(comparison["totals"], Value::Null);
    let note = not_of("this scan", "111111111111");
    assert_eq!(comparison["notes"], json!([note]));
    assert_eq!(answer.stderr, format!("warning: {note}\n"));

    let mut report = last_week();
    report["accounts"] = json!(["111111111111"]);
    for instance in report["instances"].as_array_mut().unwrap() {
        instance["accountId"] = json!("111111111111");
    }
    let answer = compared("another-account", &report, &["--format=json"]);
    let comparison = &answer.json()["comparisons"][0];
    for list in ["new", "fixed", "ended"] {
        assert_eq!(comparison[list], json!([]), "{list}");
    }
    assert_eq!(comparison["stillOpen"], 0);
    let notes = [
        not_of("the baseline", "123456789012"),
        not_of("this scan", "111111111111"),
    ];
    assert_eq!(comparison["notes"], json!(notes));
}

#[test]
fn what_a_baseline_did_not_list_is_not_new() {
    let report = scan_fleet("compared-severe", &["--format=json", "--severity=high"]).json();
    let answer = compared("severe", &report, &["--format=json"]);
    let comparison = &answer.json()["comparisons"][0];
    for list in ["new", "fixed", "ended"] {
        assert_eq!(comparison[list], json!([]), "{list}");
    }
    assert_eq!(comparison["stillOpen"], 3);
}

#[test]
fn a_format_that_shows_no_comparison_says_so() {
    let next = policy_file("compared-unshown.json", &policy());
    let arguments = ["--compare-policy", &next, "--at=2099-04-01"];
    for format in ["csv", "fix"] {
        let given = [&arguments[..], &["--format", format]].concat();
        let answer = compared(&format!("unshown-{format}"), &last_week(), &given);
        let warnings = ["--baseline", "--at", "--compare-policy"].map(|option| {
            format!(
                "warning: {option}: the format {format} does not show what differs; table, json, markdown and \
                 html do\n"
            )
        });
        assert_eq!(answer.stderr, warnings.concat());
    }
    for format in FORMATS {
        let given = [&arguments[..], &["--format", format]].concat();
        let answer = compared(&format!("shown-{format}"), &last_week(), &given);
        assert_eq!(answer.stderr, "", "{format}");
    }
}

#[test]
fn a_report_of_an_earlier_version_is_a_baseline_too() {
    let mut report = last_week();
    for field in ["filter", "bySeverity", "byAccount", "accounts"] {
        report.as_object_mut().unwrap().remove(field);
    }
    for instance in report["instances"].as_array_mut().unwrap() {
        let instance = instance.as_object_mut().unwrap();
        for field in [
            "accountId",
            "violations",
            "origin",
            "consoleUrl",
            "instanceType",
            "availabilityZone",
            "imageId",
        ] {
            instance.remove(field);
        }
    }
    let answer = compared("earlier", &report, &["--format=json", "--owner=web"]);
    let comparison = &answer.json()["comparisons"][0];
    assert_eq!(ids(&comparison["fixed"]), ["01 Owner: missing"]);
    assert_eq!(comparison["new"], json!([]));
    assert_eq!(comparison["totals"], Value::Null, "they are of all owners");
}

#[test]
fn nothing_that_changed_is_no_list() {
    let report = scan_fleet("compared-same", &["--format=json"]).json();
    for format in FORMATS {
        let text = compared(&format!("same-{format}"), &report, &["--format", format]).stdout;
        assert!(
            text.contains("0 new, 0 fixed, 10 still open"),
            "{format}: {text}"
        );
        assert!(!text.contains("Each of them"), "{format}: {text}");
    }
}

#[test]
fn what_is_no_report_is_an_error() {
    let answer = compared("wrong", &json!({"timestamp": "2025-12-01T10:00:00Z"}), &[]);
    assert_eq!(answer.code, Some(2));
    assert!(
        answer.stderr.contains(
            "-baseline.json: not a report of scan --format json: missing field `policyHash`"
        ),
        "{answer:?}"
    );
    let twice = scan_fleet("compared-stdin", &["--baseline=-", "--prices=-"]);
    assert_eq!(
        twice.stderr,
        "error: standard input can be read only once: give - for one file\n"
    );
    let missing = scan_fleet("compared-missing", &["--compare-policy=/nowhere/next.json"]);
    assert!(
        missing.stderr.starts_with("error: /nowhere/next.json: "),
        "{missing:?}"
    );
}

#[test]
fn another_policy_tells_what_would_change_for_whom() {
    let mut next = policy();
    let rules = next["required_tags"].as_array_mut().unwrap();
    rules.push(json!({"key": "Application"}));
    next["forbidden_tags"] = json!([]);
    let next = policy_file("compared-next.json", &next);
    let with = |format: &str| {
        let arguments = ["--compare-policy", &next, "--format", format];
        scan_fleet(&format!("compared-next-{format}"), &arguments)
    };
    let answer = with("json");
    assert_eq!(answer.code, Some(1));
    let comparison = &answer.json()["comparisons"][0];
    assert_eq!(comparison["with"], "policy");
    assert_eq!(comparison["policyHash"].as_str().unwrap().len(), 64);
    assert_eq!(comparison["totals"]["compliant"], 0);
    assert_eq!(
        ids(&comparison["fixed"]),
        ["04 temp: forbidden", "14 temp: forbidden"]
    );
    let new = ids(&comparison["new"]);
    assert!(
        new.contains(&"01 Application: missing".to_owned()),
        "{new:?}"
    );
    for format in FORMATS {
        let text = with(format).stdout;
        assert!(
            text.contains(
                "8 would be new, 2 would be gone, 8 still open; compliant under it: 0 of 10 (0.0%)"
            ),
            "{text}"
        );
        assert!(text.contains("compared-next.json instead"), "{text}");
    }
}

#[test]
fn another_day_tells_what_expires_until_then() {
    let on = |day: &str, format: &str| {
        let name = format!("compared-{day}-{format}");
        scan_fleet(&name.replace(':', ""), &["--at", day, "--format", format])
    };
    let document = on("2099-04-01", "json").json();
    assert_eq!(document["evaluatedAt"], "2099-04-01T00:00:00.000Z");
    assert_eq!(document["totals"]["nonCompliant"], 7);
    let comparison = &document["comparisons"][0];
    assert_eq!(comparison["with"], "today");
    assert_eq!(ids(&comparison["new"]), ["05 CostCenter: missing"]);
    assert_eq!(comparison["totals"]["exempt"], 1);
    let day_before = on("2099-03-31T10:00:00Z", "json").json();
    assert_eq!(day_before["totals"]["nonCompliant"], 6);
    for format in FORMATS {
        let text = on("2099-04-01", format).stdout;
        assert!(text.contains("From today to 2099-04-01"), "{text}");
        assert!(
            text.contains(
                "1 would be new, 0 would be gone, 10 still open; compliant today: 3 of 10 (30.0%)"
            ),
            "{text}"
        );
        assert!(text.to_lowercase().contains("as of 2099-04-01"), "{text}");
        assert!(text.contains("data team"), "{text}");
    }
    let wrong = on("April", "json");
    assert_eq!(wrong.code, Some(2));
    assert!(
        wrong.stderr.contains("expected a day such as 2027-01-01"),
        "{wrong:?}"
    );
}
