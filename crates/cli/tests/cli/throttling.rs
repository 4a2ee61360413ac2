//! `scan` while EC2 throttles or fails: it loses nothing, and obeys its options.

use assert_cmd::Command;

use crate::scan::scan;
use crate::stub::{Mood, Reply, Stub, described, error};
use crate::support::{Answer, answer, file};

fn throttled() -> Reply {
    error(
        "503 Service Unavailable",
        "RequestLimitExceeded",
        "Request limit exceeded.",
    )
}

/// A scan of an EC2 that fails like this in the first calls for a page, or in all.
fn run(
    name: &str,
    page: &'static str,
    mut faults: Vec<Reply>,
    change: impl FnOnce(&mut Command) -> &mut Command,
) -> (Answer, Stub) {
    let stub = Stub::serve(move |asked| {
        let is_second = asked.body.contains("NextToken=second");
        if is_second == (page == "second") && !faults.is_empty() {
            faults.remove(0)
        } else {
            described(Mood::Fleet, asked)
        }
    });
    let mut command = scan(&format!("throttling-{name}"), &stub.endpoint);
    command.args(["--region", "us-east-1", "--format", "json"]);
    let answer = answer(change(&mut command));
    (answer, stub)
}

#[test]
fn an_ec2_that_throttles_loses_nothing() {
    for page in ["first", "second"] {
        let (answer, stub) = run(page, page, vec![throttled(); 4], |command| command);
        assert_eq!(answer.code, Some(1), "{answer:?}");
        assert_eq!(answer.json()["totals"]["checked"], 6, "{page}");
        assert_eq!(answer.stderr, "");
        assert_eq!(stub.asked().len(), 4 + 2);
    }
}

#[test]
fn errors_and_connections_that_end_lose_nothing() {
    let internal = error("500 Internal Server Error", "InternalError", "An error.");
    let gateway = Reply::Answer("502 Bad Gateway", "<html></html>".to_owned());
    let torn = Reply::Torn("<DescribeInstancesResponse>".to_owned());
    let faults = vec![internal, Reply::Reset, gateway, torn, Reply::Reset];
    let (answer, stub) = run("errors", "second", faults, |command| command);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert_eq!(answer.json()["totals"]["checked"], 6);
    assert_eq!(stub.asked().len(), 5 + 2);
}

#[test]
fn the_user_says_how_often_a_call_is_tried() {
    let config = "[profile two]\nmax_attempts = 2\nretry_mode = standard\n";
    let config = file("throttling-config", config);
    for (name, variables, calls) in [
        ("once", &[("AWS_MAX_ATTEMPTS", "1")][..], 1),
        (
            "legacy",
            &[("AWS_RETRY_MODE", "legacy"), ("AWS_MAX_ATTEMPTS", "2")],
            2,
        ),
        (
            "adaptive",
            &[("AWS_RETRY_MODE", "adaptive"), ("AWS_MAX_ATTEMPTS", "1")],
            1,
        ),
        ("profile", &[("AWS_PROFILE", "two")], 2),
        (
            "order",
            &[("AWS_PROFILE", "two"), ("AWS_MAX_ATTEMPTS", "1")],
            1,
        ),
    ] {
        let (answer, stub) = run(name, "first", vec![throttled(); 100], |command| {
            command
                .env("AWS_CONFIG_FILE", &config)
                .envs(variables.iter().copied())
        });
        assert_eq!(answer.code, Some(2), "{name}");
        assert_eq!(stub.asked().len(), calls, "{name}");
        assert!(
            answer.stderr.contains("RequestLimitExceeded"),
            "{}",
            answer.stderr
        );
    }
}

#[test]
fn patience_ends_with_a_number_of_tries_alone() {
    let config = file(
        "throttling-mode-config",
        "[profile mode]\nretry_mode = standard\n[profile empty]\nretry_mode =\nmax_attempts =\n",
    );
    for (name, variables) in [
        ("mode", &[("AWS_RETRY_MODE", "standard")][..]),
        ("empty", &[("AWS_RETRY_MODE", ""), ("AWS_MAX_ATTEMPTS", "")]),
        ("profile-mode", &[("AWS_PROFILE", "mode")]),
        ("profile-empty", &[("AWS_PROFILE", "empty")]),
    ] {
        let name = format!("patience-{name}");
        let (answer, stub) = run(&name, "first", vec![throttled(); 4], |command| {
            command
                .env("AWS_CONFIG_FILE", &config)
                .envs(variables.iter().copied())
        });
        assert_eq!(answer.code, Some(1), "{answer:?}");
        assert_eq!(stub.asked().len(), 4 + 2, "{name}");
    }
}

#[test]
fn a_number_of_tries_that_is_none_is_an_error() {
    let config = file("throttling-bad-config", "[default]\nmax_attempts = many\n");
    for (variable, value, expected) in [
        (
            "AWS_MAX_ATTEMPTS",
            "0",
            "error: AWS_MAX_ATTEMPTS: \"0\" is not a whole number of at least 1\n",
        ),
        (
            "AWS_RETRY_MODE",
            "often",
            "error: AWS_RETRY_MODE: \"often\" is not standard, adaptive or legacy\n",
        ),
        (
            "AWS_CONFIG_FILE",
            config.as_str(),
            "error: max_attempts of the profile \"default\": \"many\" is not a whole number of at least 1\n",
        ),
    ] {
        let (answer, stub) = run("bad", "first", Vec::new(), |command| {
            command.env(variable, value)
        });
        assert_eq!(answer.code, Some(2), "{variable}");
        assert_eq!(answer.stderr, expected);
        assert_eq!(stub.asked().len(), 0);
    }
}
