//! `scan --prices`: the cost of instances, and the attributes that it shows.

use serde_json::{Value, json};

use crate::scan::scan_fleet;
use crate::support::{Answer, file, policy_file};

const PRICES: &str = "region,instance_type,monthly_usd\n\
                      us-east-1,t3.micro,10\nus-east-1,t3.large,60\nus-east-1,m5.xlarge,150\n\
                      eu-central-1,t3.micro,12\neu-central-1,t3.large,72\n";
const WARNING: &str = "warning: no price, so in no total: eu-central-1 m5.xlarge (1), us-east-1 of \
                       unknown type (1)\n";
const SENTENCE: &str = "$82.00 of $254.00 a month compliant (32.3%)";

fn scan(format: &str, prices: &str) -> Answer {
    let name = format!("costs-{format}");
    let prices = file(&format!("{name}.csv"), prices);
    scan_fleet(&name, &["--format", format, "--prices", &prices])
}

#[test]
fn every_total_has_dollars_where_there_are_prices() {
    let answer = scan("json", PRICES);
    assert_eq!(answer.code, Some(1));
    assert_eq!(answer.stderr, WARNING);
    let document = answer.json();
    let cost = |of: &Value| of["monthlyUsd"].clone();
    assert_eq!(
        cost(&document["totals"]),
        json!({"checked": 254.00, "compliant": 82.00, "nonCompliant": 162.00, "exempt": 10.00, "unpriced": 2})
    );
    assert_eq!(
        document["bySeverity"],
        json!([
            {"severity": "high", "nonCompliant": 3, "monthlyUsd": 12.00},
            {"severity": "medium", "nonCompliant": 2, "monthlyUsd": 150.00},
            {"severity": null, "nonCompliant": 1, "monthlyUsd": 0.00},
        ])
    );
    let of = |group: &str, name: &str, value: Value| {
        let groups = document[group].as_array().unwrap();
        cost(groups.iter().find(|it| it[name] == value).unwrap())
    };
    assert_eq!(of("byTag", "key", json!("temp")), json!(150.00));
    assert_eq!(of("byTag", "key", json!("Owner")), json!(12.00));
    assert_eq!(
        of("byOwner", "owner", json!("web"))["compliant"],
        json!(70.00)
    );
    assert_eq!(
        of("byRegion", "region", json!("eu-central-1"))["checked"],
        json!(24.00)
    );
    assert_eq!(
        of("byAccount", "account", json!("123456789012"))["unpriced"],
        json!(2)
    );
    assert_eq!(
        document["unpriced"],
        json!([
            {"region": "eu-central-1", "instanceType": "m5.xlarge", "instances": 1},
            {"region": "us-east-1", "instanceType": "of unknown type", "instances": 1},
        ])
    );
}

#[test]
fn every_format_has_the_share_of_the_cost() {
    for (format, parts) in [
        (
            "table",
            [
                SENTENCE,
                "Monthly",
                "no price",
                "high: 3 ($12.00), medium: 2 ($150.00)",
            ],
        ),
        (
            "markdown",
            [
                "\\$82.00 of \\$254.00 a month compliant (32.3%)",
                "| web | 2 | 0 | 0 | 100% | $70.00 (100%) |",
                "No price, so in no total: eu-central-1 m5.xlarge (1)",
                "a stopped instance counts as free",
            ],
        ),
        (
            "html",
            [
                "32.3%<small>of the cost is compliant: <span class=\"total\">$82.00 of $254.00 a month</span></small>",
                "<td class=\"number\">no price</td>",
                "No price, so in no total: eu-central-1 m5.xlarge (1)",
                "a stopped instance counts as free",
            ],
        ),
        ("csv", [",150.00,", ",0.00,", ",12.00,", "monthlyUsd"]),
    ] {
        let answer = scan(format, PRICES);
        assert_eq!(answer.stderr, WARNING, "{format}");
        for part in parts {
            assert!(
                answer.stdout.contains(part),
                "{format}: {part}: {}",
                answer.stdout
            );
        }
    }
}

#[test]
fn what_costs_nothing_has_no_share() {
    let free = "region,instance_type,hourly_usd\nus-east-1,t3.micro,0\n";
    let text = scan("table", free).stdout;
    assert!(
        text.contains("; $0.00 of $0.00 a month compliant\n"),
        "{text}"
    );
    let text = scan("markdown", free).stdout;
    assert!(
        text.contains("| web | 2 | 0 | 0 | 100% | $0.00 |"),
        "{text}"
    );
}

#[test]
fn a_file_without_prices_is_an_error() {
    let answer = scan("error", "region,price\n");
    assert_eq!(answer.code, Some(2));
    let answer = scan_fleet(
        "costs-none",
        &["--prices", &file("costs-none.csv", "region,price\n")],
    );
    assert_eq!(answer.code, Some(2));
    assert!(
        answer
            .stderr
            .contains("costs-none.csv: not a price file: the first line must name the columns"),
        "{answer:?}"
    );
    let missing = scan_fleet("costs-missing", &["--prices", "/nowhere/prices.csv"]);
    assert!(
        missing.stderr.starts_with("error: /nowhere/prices.csv: "),
        "{missing:?}"
    );
}

#[test]
fn an_instance_has_what_ec2_says_of_it_and_where_it_comes_from() {
    let document = scan_fleet("costs-details", &["--format=json", "--all"]).json();
    let instances = document["instances"].as_array().unwrap();
    let reporting = instances
        .iter()
        .find(|it| it["tags"]["Name"] == "reporting")
        .unwrap();
    for (field, expected) in [
        ("instanceType", json!("m5.xlarge")),
        ("availabilityZone", json!("us-east-1a")),
        ("imageId", Value::Null),
        ("monthlyUsd", Value::Null),
        (
            "origin",
            json!({"madeBy": "auto-scaling-group", "name": "reporting"}),
        ),
        (
            "consoleUrl",
            json!(
                "https://us-east-1.console.aws.amazon.com/ec2/home?region=us-east-1#InstanceDetails:instanceId=i-00000000000000004"
            ),
        ),
        (
            "violations",
            json!([
                {"key": "Environment", "kind": "invalid", "value": "production", "severity": "medium",
                 "hint": "\"production\" is not one of dev, prod (did you mean \"prod\"?)", "description": null},
                {"key": "temp", "kind": "forbidden", "value": null, "severity": "low", "hint": null,
                 "description": null},
            ]),
        ),
    ] {
        assert_eq!(reporting[field], expected, "{field}");
    }
    let good = instances
        .iter()
        .find(|it| it["status"] == "compliant")
        .unwrap();
    assert_eq!(good["origin"], json!({"madeBy": "unknown"}));
}

#[test]
fn what_a_policy_would_change_has_its_cost_for_each_owner() {
    let next = policy_file(
        "costs-next.json",
        &json!({"required_tags": [{"key": "Application"}]}),
    );
    for (format, part) in [
        (
            "table",
            "  web: 2 would be new ($70.00 a month), 0 would be gone\n",
        ),
        ("markdown", "| web | 2 ($70.00 a month) | 0 |\n"),
        (
            "html",
            "<td class=\"number bad\">2 <span class=\"soft\">($70.00 a month)</span></td>",
        ),
        ("json", "\"monthlyUsd\": 70.0\n"),
    ] {
        let name = format!("costs-next-{format}");
        let prices = file(&format!("{name}.csv"), PRICES);
        let arguments = [
            "--format",
            format,
            "--prices",
            &prices,
            "--compare-policy",
            &next,
        ];
        let text = scan_fleet(&name, &arguments).stdout;
        assert!(text.contains(part), "{format}: {text}");
    }
}
