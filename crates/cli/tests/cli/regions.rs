//! `scan` of several regions: a failure in one doesn't affect the others.

use std::fs;

use serde_json::json;

use crate::scan::scan;
use crate::stub::{Asked, Mood, Reply, Stub, described, error};
use crate::support::{Answer, answer, path};

const REFUSED: &str = "ec2:DescribeInstances: the service refused: AuthFailure: AWS was not able to \
                       validate the provided access credentials (HTTP 401); is the region enabled for \
                       the account?";

/// EC2 of an account that hasn't opted in to ap-east-1.
fn serve(asked: &Asked) -> Reply {
    if asked.action() == "DescribeRegions" {
        return regions(&["us-east-1", "eu-central-1", "ap-east-1"]);
    }
    if asked.region == "ap-east-1" {
        return error(
            "401 Unauthorized",
            "AuthFailure",
            "AWS was not able to validate the provided access credentials",
        );
    }
    described(Mood::Fleet, asked)
}

fn regions(names: &[&str]) -> Reply {
    let item = |name: &&str| {
        format!("<item><regionName>{name}</regionName><optInStatus>opted-in</optInStatus></item>")
    };
    let items: String = names.iter().map(item).collect();
    let body = format!(
        "<DescribeRegionsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
         <requestId>r</requestId><regionInfo>{items}</regionInfo></DescribeRegionsResponse>"
    );
    Reply::Answer("200 OK", body)
}

fn run(name: &str, arguments: &[&str]) -> (Answer, Stub) {
    let stub = Stub::serve(serve);
    let mut command = scan(&format!("regions-{name}"), &stub.endpoint);
    let answer = answer(command.args(arguments).env("AWS_REGION", "eu-west-1"));
    (answer, stub)
}

#[test]
fn a_region_that_cannot_be_read_is_named_in_every_format() {
    for format in ["table", "json", "csv", "markdown", "html"] {
        let arguments = ["--region=eu-central-1,ap-east-1", "--format", format];
        let (answer, _) = run(format, &arguments);
        assert_eq!(answer.code, Some(2), "{format}");
        assert_eq!(answer.stderr, format!("error: ap-east-1: {REFUSED}\n"));
        let text = &answer.stdout;
        assert!(text.contains("i-00000000000000012"), "{format}: {text}");
        let named = match format {
            "table" => text.contains(&format!("not read ap-east-1: {REFUSED}\n")),
            "json" => {
                let unread = json!([{"region": "ap-east-1", "error": REFUSED}]);
                answer.json()["unreadRegions"] == unread
                    && answer.json()["regions"] == json!(["eu-central-1"])
            }
            "markdown" => {
                text.contains("| ap-east-1 | ec2:DescribeInstances: the service refused:")
            }
            "html" => {
                text.contains("Regions that could not be read")
                    && text.contains("ec2:DescribeInstances: the service refused: AuthFailure")
            }
            // Formats of rows have no place for it.
            _ => !text.contains("ap-east-1"),
        };
        assert!(named, "{format}: {text}");
    }
}

#[test]
fn a_summary_says_what_is_not_in_it() {
    let file = path("regions-unread.html");
    let output = ["--output", file.to_str().unwrap()];
    let regions = ["--region", "ap-east-1", "--region", "eu-central-1"];
    let (answer, _) = run("summary", &[regions.as_slice(), &output].concat());
    assert_eq!(answer.code, Some(2));
    let mut lines = answer.stderr.lines();
    assert_eq!(
        lines.next(),
        Some(format!("error: ap-east-1: {REFUSED}").as_str())
    );
    assert!(lines.next().unwrap().ends_with("; not read: ap-east-1"));
    assert!(fs::read_to_string(file).unwrap().contains("ap-east-1"));
}

#[test]
fn nothing_found_in_a_part_is_no_clean_fleet() {
    let stub = Stub::serve(|asked| match asked.region.as_str() {
        "ap-east-1" => serve(asked),
        _ => described(Mood::Empty, asked),
    });
    let mut command = scan("regions-empty", &stub.endpoint);
    command.args(["--region=eu-central-1,ap-east-1", "--format=html"]);
    let empty = answer(&mut command);
    assert_eq!(empty.code, Some(2));
    for part in ["Nothing was checked</h2>", "Regions that could not be read"] {
        assert!(empty.stdout.contains(part), "{part}");
    }

    let stub = Stub::serve(serve);
    let mut command = scan("regions-good", &stub.endpoint);
    command.args(["--region=eu-central-1,ap-east-1", "--format=html"]);
    command.args(["--owner=platform", "--where=Environment=dev"]);
    let good = answer(&mut command);
    assert_eq!(good.code, Some(2));
    let none = "None in the regions that were read.";
    assert!(good.stdout.contains(none), "{}", good.stdout);
}

#[test]
fn every_region_of_the_account_is_read_and_reported_by_name() {
    let (answer, stub) = run("all", &["--all-regions", "--format", "json"]);
    assert_eq!(answer.code, Some(2), "{answer:?}");
    let document = answer.json();
    assert_eq!(document["regions"], json!(["eu-central-1", "us-east-1"]));
    assert_eq!(document["unreadRegions"][0]["region"], "ap-east-1");
    assert_eq!(document["totals"]["checked"], 10);
    let asked = stub.asked();
    assert_eq!(asked[0].action(), "DescribeRegions");
    assert_eq!(asked[0].region, "eu-west-1");
    for part in [
        "Filter.1.Name=opt-in-status",
        "Filter.1.Value.1=opt-in-not-required",
        "Filter.1.Value.2=opted-in",
    ] {
        assert!(asked[0].body.contains(part), "{part}: {}", asked[0].body);
    }
}

#[test]
fn the_list_of_regions_is_asked_for_with_patience() {
    let mut faults = 4;
    let stub = Stub::serve(move |asked| match asked.action() {
        "DescribeRegions" if faults > 0 => {
            faults -= 1;
            error(
                "503 Service Unavailable",
                "RequestLimitExceeded",
                "Slow down.",
            )
        }
        "DescribeRegions" => regions(&["us-east-1"]),
        _ => described(Mood::Empty, asked),
    });
    let mut command = scan("regions-throttled", &stub.endpoint);
    let answer = answer(command.arg("--all-regions").env("AWS_REGION", "us-east-1"));
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert_eq!(stub.asked().len(), 5 + 1);
}

#[test]
fn a_refused_list_of_regions_names_the_permission() {
    let stub = Stub::start(Mood::Denied);
    let mut command = scan("regions-refused", &stub.endpoint);
    let answer = answer(command.arg("--all-regions").env("AWS_REGION", "us-east-1"));
    assert_eq!(answer.code, Some(2));
    assert_eq!(answer.stdout, "");
    assert!(
        answer.stderr.starts_with(
            "error: the account's regions: ec2:DescribeRegions: the service refused: \
             UnauthorizedOperation: "
        ),
        "{}",
        answer.stderr
    );
}

#[test]
fn an_account_is_all_regions_or_some() {
    let (answer, stub) = run("both", &["--all-regions", "--region", "us-east-1"]);
    assert_eq!(answer.code, Some(2));
    assert!(answer.stderr.contains("cannot be used with"), "{answer:?}");
    assert_eq!(stub.asked().len(), 0);
}

#[test]
fn a_region_has_a_name() {
    for regions in ["", "us-east-1,", "eu central", "eu_central"] {
        let (answer, stub) = run("nameless", &["--region", regions]);
        assert_eq!(answer.code, Some(2), "{regions:?}");
        assert!(answer.stderr.contains("--region"), "{answer:?}");
        let expected = "not a region: expected a region such as us-east-1";
        assert!(answer.stderr.contains(expected), "{answer:?}");
        assert_eq!(stub.asked().len(), 0);
    }
}

#[test]
fn a_region_has_to_list_the_others() {
    let mut command = scan("regions-none", "http://127.0.0.1:9");
    let answer = answer(command.arg("--all-regions"));
    assert_eq!(answer.code, Some(2));
    let expected = "error: no region to list the others from: set AWS_REGION, or region in the \
                    profile of the AWS configuration\n";
    assert_eq!(answer.stderr, expected);
}

#[test]
fn the_help_names_the_permissions() {
    let help = crate::support::run(&["scan", "--help"]).stdout;
    for permission in ["ec2:DescribeInstances", "ec2:DescribeRegions"] {
        assert!(help.contains(permission), "{permission}: {help}");
    }
}
