//! `redrive`: the queue and the function that it uses.

use serde_json::{Value, json};

use crate::dead_letters::{Contents, FUNCTION, QUEUE, Queue, accept, function, letter, settings};
use crate::support::{self, Answer, file, program};

/// Redrives one message with these arguments, and returns the region of its calls.
fn run(arguments: &[&str], suffix: &str) -> (Answer, Option<String>) {
    let queue = Queue::of(vec![letter("m1", "i-00000001")]);
    let function = function(accept);
    let mut command = program();
    command.arg("redrive").args(arguments);
    command.envs(settings(&queue, &function));
    command.env("ENVIRONMENT_SUFFIX", suffix);
    let answer = support::answer(&mut command);
    let asked = function.asked().into_iter().chain(queue.stub.asked());
    let mut regions: Vec<_> = asked.map(|asked| asked.region).collect();
    regions.dedup();
    assert!(regions.len() <= 1, "{regions:?}");
    (answer, regions.pop())
}

fn outputs() -> Value {
    json!({
        "dead_letter_queue_url": QUEUE, "function_name": FUNCTION, "region": "eu-west-3",
        "environment_suffix": "prod",
    })
}

fn changed(name: &str, value: Value) -> Value {
    let mut outputs = outputs();
    outputs[name] = value;
    outputs
}

#[test]
fn outputs_are_read_in_both_their_forms() {
    let values = outputs();
    let of_terraform: serde_json::Map<_, _> = values
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), json!({"value": value, "type": "string"})))
        .collect();
    for (name, document) in [
        ("flat", outputs()),
        ("terraform", Value::Object(of_terraform)),
    ] {
        let path = file(&format!("redrive-{name}.json"), &document.to_string());
        for suffix in ["", "prod"] {
            let (answer, region) = run(&["--outputs", &path], suffix);
            assert_eq!(answer.code, Some(0), "{answer:?}");
            assert_eq!(region.as_deref(), Some("eu-west-3"), "{name}");
        }
    }
}

#[test]
fn an_argument_goes_before_an_output_and_the_queue_says_its_region() {
    let path = file(
        "redrive-other.json",
        &changed("function_name", json!("other")).to_string(),
    );
    let named = ["--outputs", &path, "--function", FUNCTION];
    let of_aws = "https://sqs.us-west-2.amazonaws.com/123456789012/tag-compliance-dlq-prod";
    for (more, expected) in [
        (&[][..], "eu-west-3"),
        (&["--queue-url", of_aws], "us-west-2"),
        (
            &["--queue-url", of_aws, "--region", "us-east-2"],
            "us-east-2",
        ),
    ] {
        let (answer, region) = run(&[&named, more].concat(), "");
        assert_eq!(answer.code, Some(0), "{answer:?}");
        assert_eq!(region.as_deref(), Some(expected));
    }
    let (answer, region) = run(&["--queue-url", QUEUE, "--function", FUNCTION], "other");
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert_eq!(
        region.as_deref(),
        Some("eu-central-1"),
        "that of the environment"
    );
}

#[test]
fn outputs_that_do_not_say_it_are_refused() {
    let directory = env!("CARGO_TARGET_TMPDIR");
    for (document, suffix, expected) in [
        ("[\"hunter2\"]", "", "expected a JSON object of outputs"),
        (
            "{}",
            "",
            "expected the output dead_letter_queue_url, got none",
        ),
        (
            &changed("function_name", json!("")).to_string(),
            "",
            "expected the output function_name, got \"\"",
        ),
        (
            &outputs().to_string(),
            "pr42",
            "expected the outputs of the environment pr42, got those of prod",
        ),
    ] {
        let path = file("redrive-refused.json", document);
        let (answer, region) = run(&["--outputs", &path], suffix);
        assert_eq!((answer.code, region), (Some(1), None), "{answer:?}");
        assert_eq!(answer.stderr, format!("error: {path}: {expected}\n"));
    }
    // Terraform's outputs may hold secrets in clear.
    let path = file("redrive-not-json.json", "db_password = \"hunter2\"");
    let (answer, _) = run(&["--outputs", &path], "");
    assert_eq!(answer.code, Some(1), "{answer:?}");
    let error = format!("error: {path}:1:1: not JSON: ");
    assert!(answer.stderr.starts_with(&error), "{answer:?}");
    assert!(!answer.stderr.contains("hunter2"), "{answer:?}");
    let (missing, _) = run(&["--outputs", "/nowhere/outputs.json"], "");
    assert_eq!(missing.code, Some(1));
    let error = "error: /nowhere/outputs.json does not exist: expected the outputs that";
    assert!(missing.stderr.starts_with(error), "{missing:?}");
    let (unreadable, _) = run(&["--outputs", directory], "");
    assert_eq!(unreadable.code, Some(1));
    assert!(
        unreadable
            .stderr
            .starts_with(&format!("error: {directory}: ")),
        "{unreadable:?}"
    );
}

#[test]
fn without_a_queue_or_a_function_there_is_nothing_to_do() {
    for arguments in [
        &[][..],
        &["--queue-url", QUEUE],
        &["--function", FUNCTION],
        &["--drop", "m1"],
    ] {
        let (answer, _) = run(arguments, "");
        assert_eq!(answer.code, Some(1), "{answer:?}");
        let error = "error: no queue and function: give --outputs, or --queue-url and --function";
        assert!(answer.stderr.starts_with(error), "{answer:?}");
    }
}

#[test]
fn a_queue_that_is_none_for_dead_letters_is_refused() {
    let fifo = format!("{QUEUE}.fifo");
    let (answer, _) = run(&["--queue-url", &fifo, "--function", FUNCTION], "");
    assert_eq!(answer.code, Some(2), "{answer:?}");
    assert!(
        answer
            .stderr
            .contains("expected the URL of a standard queue"),
        "{answer:?}"
    );
    let path = file(
        "redrive-fifo.json",
        &changed("dead_letter_queue_url", json!(fifo)).to_string(),
    );
    let (answer, _) = run(&["--outputs", &path], "");
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert!(
        answer.stderr.contains("got the FIFO queue http"),
        "{answer:?}"
    );

    let policy = "{\"deadLetterTargetArn\":\"arn:aws:sqs:eu-central-1:1:dlq\"}";
    let live = Contents {
        redrive_policy: Some(policy),
        ..Contents::default()
    };
    let odd = Contents {
        is_uncounted: true,
        ..Contents::default()
    };
    for (contents, expected) in [
        (
            live,
            format!("{QUEUE} is not a dead-letter queue: it has one of its own ({policy})"),
        ),
        (
            odd,
            "sqs:GetQueueAttributes: the answer cannot be used".to_owned(),
        ),
    ] {
        let queue = Queue::start(contents);
        let mut command = program();
        command.args(["redrive", "--queue-url", QUEUE, "--function", FUNCTION]);
        command.envs(settings(&queue, &function(accept)));
        let answer = support::answer(&mut command);
        assert_eq!(answer.code, Some(1), "{answer:?}");
        assert!(answer.stderr.contains(&expected), "{answer:?}");
        assert!(queue.calls("ReceiveMessage").is_empty());
    }
}

#[test]
fn outputs_are_read_as_other_files_are() {
    let text = outputs().to_string();
    let bytes: Vec<_> = std::iter::once(0xfeff)
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let path = support::path("redrive-utf16.json");
    std::fs::write(&path, bytes).unwrap();
    let (answer, region) = run(&["--outputs", path.to_str().unwrap()], "");
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert!(region.is_some());
}
