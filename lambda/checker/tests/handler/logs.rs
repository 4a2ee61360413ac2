//! The log lines that people search for.

use std::cell::RefCell;
use std::io;
use std::sync::Once;

use serde_json::{Value, json};
use tag_compliance_checker::logging;
use tracing_subscriber::util::SubscriberInitExt;

use crate::support::*;

thread_local! {
    static LINES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Writes to the log of the test that runs on this thread.
struct Writer;

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.extend(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Collects each test's log lines. All tests share one subscriber, because `tracing` may lose lines if subscribers
/// come and go on several threads.
pub fn collect() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // The level at which the SDK would log most.
        logging::subscriber("TRACE", || Writer).init();
    });
}

async fn logs_of(aws: Aws, payload: &Value) -> Vec<Value> {
    lines_of(aws.handle_and_tell(payload)).await.0
}

/// The log lines of this future, and its result.
pub async fn lines_of<T>(handled: impl Future<Output = T>) -> (Vec<Value>, T) {
    LINES.take();
    let result = handled.await;
    let text = String::from_utf8(LINES.take()).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    (lines.collect(), result)
}

pub fn find<'a>(logs: &'a [Value], message: &str) -> &'a Value {
    let found = logs.iter().find(|line| line["message"] == message);
    found.unwrap_or_else(|| panic!("no line {message:?} in {logs:#?}"))
}

#[tokio::test(start_paused = true)]
async fn a_check_logs_its_way() {
    let logs = logs_of(Aws::with(vec![bad()]), &event(BAD, "running")).await;
    let received = find(&logs, "Event received");
    assert_eq!(received["event_id"], format!("{BAD}-running"));
    assert_eq!(
        received["detail_type"],
        "EC2 Instance State-change Notification"
    );
    let begun = find(&logs, "Checking compliance for instance");
    assert_eq!(begun["instance_id"], BAD);
    assert_eq!(begun["level"], "DEBUG");
    let evaluation = find(&logs, &format!("Instance {BAD} compliance: non-compliant"));
    assert_eq!(evaluation["instance_id"], BAD);
    assert_eq!(evaluation["event_id"], received["event_id"]);
    assert_eq!(
        evaluation["missing_tags"],
        "[\"Environment\", \"Owner\", \"Application\"]"
    );
    assert_eq!(evaluation["invalid_tags"], "[]");
    assert_eq!(find(&logs, "Violation opened")["instance_id"], BAD);
    let sent = find(&logs, "SNS notification sent");
    assert_eq!(sent["message_id"], "message-1");
    assert_eq!(sent["instance_id"], BAD);
}

#[tokio::test(start_paused = true)]
async fn no_level_logs_what_the_tags_of_an_instance_are() {
    const SECRET: &str = "a-secret-of-its-owner";
    let aws = Aws::with(vec![tagged(BAD, "running", &[("Owner", SECRET)])]);
    let logs = logs_of(aws, &event(BAD, "running")).await;
    find(&logs, "SNS notification sent");
    let has = |level: &str| logs.iter().any(|line| line["level"] == level);
    assert!(has("DEBUG"), "what the SDK does can be seen");
    assert!(!has("TRACE"), "there the SDK logs requests and answers");
    for line in &logs {
        assert!(!line.to_string().contains(SECRET), "{line}");
    }
}

/// A policy that forbids, by name and by pattern, tags that it and its messages otherwise show.
const SECRET_TAGS: &str = r#"{
    "required_tags": [{"key": "Project", "aliases": ["password"]}, {"key": "Stage", "allowed_values": ["prod"], "when": {"states": ["running"]}}],
    "forbidden_tags": [{"key": "Password"}, {"key_pattern": "Owner|Name|Stage|(?i:api.*)|eks:.*", "when": {"regions": ["us-east-1"]}}]
}"#;

#[tokio::test(start_paused = true)]
async fn nothing_that_leaves_the_function_holds_the_value_of_a_forbidden_tag() {
    const SECRET: &str = "hunter2-of-somebody";
    let keys = [
        "Password",
        "Owner",
        "Name",
        "Stage",
        "API-Key",
        "eks:nodegroup-name",
        "PASSWORD",
    ];
    let secrets = keys.map(|key| (key, SECRET));
    let instances = || {
        [BAD, GOOD]
            .map(|id| tagged(id, "running", &secrets))
            .to_vec()
    };
    let call = json!({
        "id": "call-1", "source": "aws.ec2", "detail-type": "AWS API Call via CloudTrail",
        "detail": {"eventSource": "ec2.amazonaws.com", "eventName": "CreateTags", "requestParameters": {
            "resourcesSet": {"items": [{"resourceId": BAD}]},
            "tagSet": {"items": [{"key": "Password", "value": SECRET}]},
        }},
    });
    let mut malformed = call.clone();
    malformed["detail"]["requestParameters"]["tagSet"] = json!({"items": [SECRET]});
    let change = json!({
        "id": "change-1", "source": "aws.tag", "detail-type": "Tag Change on Resource",
        "resources": [format!("arn:aws:ec2:us-east-1:123456789012:instance/{BAD}")],
        "detail": {"changed-tag-keys": ["Password"], "tags": {"Password": SECRET}},
    });
    let both = batch(&[
        event(BAD, "running"),
        event(GOOD, "running"),
        malformed.clone(),
    ]);
    for (payload, settle_seconds, sends) in [
        (&event(BAD, "running"), "0", "publish"),
        (&both, "0", "publish"),
        (&scheduled(), "0", "publish"),
        (&call, "900", "delay"),
        (&change, "900", "delay"),
        (&malformed, "0", ""),
    ] {
        let new = instances().into_iter().map(|it| aged(it, 0)).collect();
        let table = Table::default();
        let aws = Aws::with(if settle_seconds == "0" {
            instances()
        } else {
            new
        });
        let aws = aws
            .policy(SECRET_TAGS)
            .settling(settle_seconds)
            .remembering(&table);
        let (logs, (answer, calls)) = lines_of(aws.handle_and_tell(payload)).await;
        assert!(
            sends.is_empty() || calls.names().contains(&sends),
            "{:?}",
            calls.names()
        );
        let items = [BAD, GOOD].map(|id| table.item(id));
        let outputs = format!("{answer:?} {logs:?} {:?} {items:?}", calls.all());
        assert!(!outputs.contains(SECRET), "{outputs}");
    }
}

#[tokio::test]
async fn the_other_outcomes_are_logged() {
    let logs = logs_of(Aws::with(vec![good()]), &event(GOOD, "running")).await;
    find(&logs, &format!("Instance {GOOD} compliance: compliant"));
    let logs = logs_of(Aws::default(), &event(BAD, "terminated")).await;
    find(&logs, &format!("Instance {BAD} compliance: skipped"));
    let logs = logs_of(Aws::default().ec2(vec![nothing()]), &event(BAD, "stopped")).await;
    assert_eq!(
        find(&logs, &format!("Instance {BAD} is not known to EC2"))["level"],
        "WARN"
    );
}

#[tokio::test]
async fn what_fails_is_logged_as_an_error() {
    let aws = Aws::with(vec![good()]).s3(vec![Reply::Error(403, "AccessDenied")]);
    let logs = logs_of(aws, &event(GOOD, "running")).await;
    let line = find(
        &logs,
        "Audit record not written: s3:PutObject: the service refused: AccessDenied: so said S3 (HTTP 403)",
    );
    assert_eq!(
        (&line["level"], &line["retryable"]),
        (&json!("ERROR"), &json!(false))
    );
    assert!(
        line["key"]
            .as_str()
            .unwrap()
            .starts_with("scans/2025-12-03/")
    );

    let logs = logs_of(Aws::default(), &json!({"instanceId": 1})).await;
    let line = logs.iter().find(|line| line["level"] == "ERROR").unwrap();
    assert_eq!(line["error_type"], "InvalidEvent");
    assert_eq!(line["retryable"], false);

    let logs = logs_of(Aws::default(), &batch(&[json!("x")])).await;
    let line = logs.iter().find(|line| line["level"] == "ERROR").unwrap();
    assert_eq!(line["message_id"], "m0");
}
