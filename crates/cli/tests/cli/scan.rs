//! `scan`: its calls to EC2, and its exit codes.

use assert_cmd::Command;
use serde_json::json;

use crate::stub::{Mood, Stub};
use crate::support::{Answer, answer, file, policy, policy_file, program, run};

/// A scan with the credentials of the environment.
pub fn scan(name: &str, endpoint: &str) -> Command {
    let policy = policy_file(&format!("scan-{name}-policy.json"), &policy());
    scan_by(&policy, endpoint)
}

/// A scan with a policy, and credentials from the environment.
pub fn scan_by(policy: &str, endpoint: &str) -> Command {
    let mut command = program();
    command
        .args(["scan", "--policy", policy])
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT")
        .env("AWS_SECRET_ACCESS_KEY", "secret");
    command
}

/// A scan of both regions of the fleet.
pub fn scan_fleet(name: &str, arguments: &[&str]) -> Answer {
    let regions = ["--region", "us-east-1,eu-central-1"];
    let arguments = [regions.as_slice(), arguments].concat();
    scan_with(name, &arguments, |command| command)
}

/// A scan of the fleet with a modified command.
pub fn scan_with(
    name: &str,
    arguments: &[&str],
    change: impl Fn(&mut Command) -> &mut Command,
) -> Answer {
    let stub = Stub::start(Mood::Fleet);
    let mut command = scan(name, &stub.endpoint);
    answer(change(command.args(arguments)))
}

#[test]
fn every_page_of_every_region_is_read_once() {
    let stub = Stub::start(Mood::Fleet);
    let answer = answer(scan("pages", &stub.endpoint).args([
        "--region=us-east-1",
        "--region=eu-central-1,us-east-1",
        "--state=pending,stopped",
        "--format=json",
    ]));
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert_eq!(answer.stderr, "");
    let document = answer.json();
    assert_eq!(document["regions"], json!(["us-east-1", "eu-central-1"]));
    assert_eq!(document["states"], json!(["pending", "stopped"]));
    let mut asked = stub.asked();
    asked.sort_by_key(|asked| (asked.region.clone(), asked.body.len()));
    let regions: Vec<_> = asked.iter().map(|asked| asked.region.as_str()).collect();
    assert_eq!(
        regions,
        ["eu-central-1", "eu-central-1", "us-east-1", "us-east-1"]
    );
    for asked in &asked {
        for part in [
            "Action=DescribeInstances",
            "MaxResults=1000",
            "Filter.1.Name=instance-state-name",
            "Filter.1.Value.1=pending",
            "Filter.1.Value.2=stopped",
        ] {
            assert!(asked.body.contains(part), "{part}: {}", asked.body);
        }
    }
    let second_pages: Vec<_> = asked
        .iter()
        .map(|asked| asked.body.contains("NextToken=second"))
        .collect();
    assert_eq!(second_pages, [false, true, false, true]);
}

#[test]
fn region_and_states_have_defaults() {
    let stub = Stub::start(Mood::Empty);
    let answer = answer(scan("defaults", &stub.endpoint).env("AWS_REGION", "sa-east-1"));
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert_eq!(answer.stdout, EMPTY);
    let asked = stub.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].region, "sa-east-1");
    assert_eq!(asked[0].access_key, "AKIDENVIRONMENT");
    for part in ["Filter.1.Value.1=running", "Filter.1.Value.2=stopped"] {
        assert!(asked[0].body.contains(part), "{}", asked[0].body);
    }
}

const EMPTY: &str = "\
expired exemption of web team, until 2025-01-31: migration (violations: 0)
nothing was checked: no instance is running or stopped in sa-east-1
";

#[test]
fn a_profile_counts_more_than_the_environment() {
    let stub = Stub::start(Mood::Empty);
    let config = "[profile audit]\nregion = ap-south-1\naws_access_key_id = AKIDPROFILE\n\
                  aws_secret_access_key = secret\n";
    let config = file("scan-aws-config", config);
    let answer = answer(
        scan("profile", &stub.endpoint)
            .args(["--profile", "audit"])
            .env("AWS_CONFIG_FILE", config),
    );
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let asked = stub.asked();
    assert_eq!(asked[0].access_key, "AKIDPROFILE");
    assert_eq!(asked[0].region, "ap-south-1");
}

#[test]
fn a_refusal_names_region_call_and_reason() {
    let stub = Stub::start(Mood::Denied);
    let answer = answer(
        scan("denied", &stub.endpoint).args(["--region=us-east-1", "--region=eu-central-1"]),
    );
    assert_eq!(answer.code, Some(2));
    assert_eq!(answer.stdout, "");
    let lines: Vec<_> = answer.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{}", answer.stderr);
    for (line, region) in lines.iter().zip(["us-east-1", "eu-central-1"]) {
        assert_eq!(
            *line,
            format!(
                "error: {region}: ec2:DescribeInstances: the service refused: \
                 UnauthorizedOperation: You are not authorized to perform this operation. \
                 (HTTP 403)"
            )
        );
    }
}

#[test]
fn what_is_missing_is_said() {
    let no_region = answer(&mut scan("no-region", "http://127.0.0.1:9"));
    assert_eq!(no_region.code, Some(2));
    assert!(
        no_region.stderr.starts_with("error: no region: "),
        "{no_region:?}"
    );
    let policy = policy_file("scan-no-credentials-policy.json", &policy());
    let arguments = ["scan", "--policy", &policy, "--region", "us-east-1"];
    let no_credentials = run(&arguments);
    assert_eq!(no_credentials.code, Some(2));
    assert!(
        no_credentials
            .stderr
            .starts_with("error: no AWS credentials in the environment"),
        "{no_credentials:?}"
    );
    let no_profile = run(&[arguments.as_slice(), &["--profile", "nobody"]].concat());
    assert_eq!(no_profile.code, Some(2));
    assert!(
        no_profile.stderr.contains("from the profile \"nobody\""),
        "{no_profile:?}"
    );
    let no_policy = run(&["scan", "--policy", "/nowhere/policy.json"]);
    assert_eq!(no_policy.code, Some(2));
    assert!(
        no_policy
            .stderr
            .starts_with("error: /nowhere/policy.json: ")
    );
    let state = run(&["scan", "--policy", &policy, "--state", "terminated"]);
    assert_eq!(state.code, Some(2));
}

#[test]
fn a_file_that_cannot_be_written_is_an_error() {
    let answer = scan_fleet("unwritable", &["--output", "/nowhere/report.csv"]);
    assert_eq!(answer.code, Some(2));
    assert!(
        answer
            .stderr
            .starts_with("error: /nowhere/report.csv: No such file"),
        "{answer:?}"
    );
}
