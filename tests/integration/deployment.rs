//! What is deployed, and clients to look at it.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, Region};
use aws_sdk_cloudwatch::types::{StateValue, Statistic};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use aws_sdk_sqs::types::QueueAttributeName;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::{Mutex, MutexGuard};

/// The longest wait for anything that is going to happen. Alarms take a minute or more on AWS.
const PATIENCE: Duration = Duration::from_mins(5);
const POLL: Duration = Duration::from_millis(500);

/// The deployment under test.
pub struct Deployment {
    outputs: HashMap<String, Output>,
    /// When this test began, to the second: metrics and records before it are not ours.
    pub began: SystemTime,
    pub ec2: aws_sdk_ec2::Client,
    pub s3: aws_sdk_s3::Client,
    pub sns: aws_sdk_sns::Client,
    pub sqs: aws_sdk_sqs::Client,
    pub lambda: aws_sdk_lambda::Client,
    pub cloudwatch: aws_sdk_cloudwatch::Client,
    pub events: aws_sdk_eventbridge::Client,
    pub iam: aws_sdk_iam::Client,
    pub logs: aws_sdk_cloudwatchlogs::Client,
    pub scheduler: aws_sdk_scheduler::Client,
    turn: Option<MutexGuard<'static, ()>>,
}

#[derive(Deserialize)]
struct Output {
    value: Value,
}

/// What the function answered to a call.
#[derive(Debug)]
pub struct Answer {
    pub payload: Value,
    pub function_error: Option<String>,
}

impl Deployment {
    /// Waits for this test's turn and reads the outputs.
    pub async fn load() -> Self {
        static TURN: Mutex<()> = Mutex::const_new(());
        let turn = TURN.lock().await;
        let path = std::env::var("TERRAFORM_OUTPUTS").unwrap_or_else(|_| {
            panic!(
                "TERRAFORM_OUTPUTS must name the file that `terraform output -json` wrote; \
                 scripts/test.sh deploys to a local stand-in and sets it"
            )
        });
        Self::read(&path, Some(turn)).await
    }

    /// A second environment of the same account and region, where there is one.
    pub async fn other() -> Option<Self> {
        let path = std::env::var("TERRAFORM_OUTPUTS_OTHER").ok()?;
        Some(Self::read(&path, None).await)
    }

    /// The same environment, for a test whose turn `deployment` has waited for.
    pub fn taking_the_turn_of(mut self, deployment: Self) -> Self {
        self.turn = deployment.turn;
        self
    }

    /// The environment or, where that is not the one that `is_meant`, the second.
    pub async fn which(is_meant: impl Fn(&Self) -> bool) -> Option<Self> {
        let deployment = Self::load().await;
        if is_meant(&deployment) {
            return Some(deployment);
        }
        let other = Self::other().await.filter(is_meant)?;
        Some(other.taking_the_turn_of(deployment))
    }

    async fn read(path: &str, turn: Option<MutexGuard<'static, ()>>) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let outputs: HashMap<String, Output> = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{path} is not from `terraform output -json`: {error}"));
        let region = outputs["region"].value.as_str().unwrap().to_owned();
        let http_client = Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(http_client)
            .region(Region::new(region))
            .load()
            .await;
        Self {
            outputs,
            began: SystemTime::now(),
            ec2: aws_sdk_ec2::Client::new(&config),
            s3: aws_sdk_s3::Client::new(&config),
            sns: aws_sdk_sns::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            lambda: aws_sdk_lambda::Client::new(&config),
            cloudwatch: aws_sdk_cloudwatch::Client::new(&config),
            events: aws_sdk_eventbridge::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
            logs: aws_sdk_cloudwatchlogs::Client::new(&config),
            scheduler: aws_sdk_scheduler::Client::new(&config),
            turn,
        }
    }

    /// A Terraform output.
    pub fn output(&self, name: &str) -> &str {
        self.optional_output(name)
            .unwrap_or_else(|| panic!("there is no Terraform output {name}"))
    }

    /// A Terraform output that may be absent.
    pub fn optional_output(&self, name: &str) -> Option<&str> {
        self.outputs.get(name)?.value.as_str()
    }

    /// How long a new instance has to be tagged.
    pub fn settle_time(&self) -> Duration {
        let seconds = self.outputs["settle_seconds"].value.as_u64();
        Duration::from_secs(seconds.unwrap())
    }

    /// Whether this is the local stand-in, and not AWS.
    pub fn is_stand_in(&self) -> bool {
        self.outputs["function_arn"]
            .value
            .as_str()
            .unwrap()
            .contains(":000000000000:")
    }

    /// Calls the function and waits for its answer.
    pub async fn invoke(&self, payload: &Value) -> Answer {
        let output = self
            .lambda
            .invoke()
            .function_name(self.output("function_name"))
            .payload(Blob::new(payload.to_string()))
            .send()
            .await
            .unwrap();
        Answer {
            payload: serde_json::from_slice(output.payload().unwrap().as_ref()).unwrap(),
            function_error: output.function_error().map(str::to_owned),
        }
    }

    /// Hands the function an event as EventBridge does: Lambda queues it and retries.
    pub async fn invoke_async(&self, payload: &Value) {
        self.lambda
            .invoke()
            .function_name(self.output("function_name"))
            .invocation_type(InvocationType::Event)
            .payload(Blob::new(payload.to_string()))
            .send()
            .await
            .unwrap();
    }

    /// The keys of the audit log that contain `text`.
    pub async fn audit_keys(&self, text: &str) -> Vec<String> {
        let mut pages = self
            .s3
            .list_objects_v2()
            .bucket(self.output("log_bucket_name"))
            .prefix("scans/")
            .into_paginator()
            .send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.unwrap();
            let found = page.contents().iter().filter_map(|object| object.key());
            keys.extend(found.filter(|key| key.contains(text)).map(str::to_owned));
        }
        keys
    }

    /// The records of an object of the audit log.
    pub async fn audit_records(&self, key: &str) -> Vec<Value> {
        let object = self
            .s3
            .get_object()
            .bucket(self.output("log_bucket_name"))
            .key(key)
            .send()
            .await
            .unwrap();
        let body = object.body.collect().await.unwrap().to_vec();
        let text = String::from_utf8(body).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The sum of a metric since this test began.
    pub async fn metric(&self, name: &str) -> f64 {
        let minute = 60;
        let began = self
            .began
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let from = i64::try_from(began - began % minute).unwrap();
        let until = SystemTime::now() + Duration::from_secs(2 * minute);
        let output = self
            .cloudwatch
            .get_metric_statistics()
            .namespace(self.output("metric_namespace"))
            .metric_name(name)
            .start_time(aws_sdk_cloudwatch::primitives::DateTime::from_secs(from))
            .end_time(until.into())
            .period(60)
            .statistics(Statistic::Sum)
            .send()
            .await
            .unwrap();
        output
            .datapoints()
            .iter()
            .filter_map(aws_sdk_cloudwatch::types::Datapoint::sum)
            .sum()
    }

    /// The state of the alarm.
    pub async fn alarm_state(&self) -> StateValue {
        let output = self
            .cloudwatch
            .describe_alarms()
            .alarm_names(self.output("alarm_name"))
            .send()
            .await
            .unwrap();
        output.metric_alarms()[0].state_value().unwrap().clone()
    }

    /// What the function has logged since this test began, of the lines that hold `text`.
    pub async fn log_lines(&self, text: &str) -> Vec<Value> {
        let began = self.began.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let mut pages = self
            .logs
            .filter_log_events()
            .log_group_name(self.output("log_group_name"))
            .filter_pattern(format!("\"{text}\""))
            .start_time(i64::try_from(began.as_millis()).unwrap())
            .into_paginator()
            .send();
        let mut lines = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.unwrap();
            let messages = page.events().iter().filter_map(|event| event.message());
            lines.extend(messages.map(|line| serde_json::from_str::<Value>(line).unwrap()));
        }
        lines
    }

    /// All attributes of a queue, by their names.
    pub async fn queue_attributes(&self, url: &str) -> HashMap<QueueAttributeName, String> {
        let attributes = self.sqs.get_queue_attributes();
        let attributes = attributes
            .queue_url(url)
            .attribute_names(QueueAttributeName::All)
            .send()
            .await
            .unwrap();
        attributes.attributes.unwrap()
    }

    /// Every record of a single evaluation, provisional ones too, of an instance or of all.
    pub async fn evaluations(&self, instance_id: Option<&str>) -> Vec<Value> {
        let mut records = Vec::new();
        for key in self.audit_keys(instance_id.unwrap_or("/i-")).await {
            assert!(key.starts_with("scans/") && key.ends_with(".json"), "{key}");
            let mut found = self.audit_records(&key).await;
            assert_eq!(found.len(), 1, "{key}");
            let is_provisional = found[0]["provisional"] == true;
            assert_eq!(key.ends_with("-provisional.json"), is_provisional, "{key}");
            records.append(&mut found);
        }
        records.sort_by_key(|record| record["timestamp"].as_str().unwrap().to_owned());
        records
    }

    /// The bodies of the messages in the dead-letter queue, which are deleted.
    pub async fn take_dead_letters(&self) -> Vec<Value> {
        let queue = self.output("dead_letter_queue_url");
        crate::subscriber::receive(&self.sqs, queue).await
    }
}

/// The time now, as events have it.
pub fn now() -> String {
    let now = aws_sdk_cloudwatch::primitives::DateTime::from(SystemTime::now());
    now.fmt(aws_sdk_cloudwatch::primitives::DateTimeFormat::DateTime)
        .unwrap()
}

/// The statements of a policy that holds so many.
pub fn statements<const COUNT: usize>(document: &str) -> [Value; COUNT] {
    let mut policy: Value = serde_json::from_str(document).unwrap();
    match policy["Statement"].take() {
        Value::Array(statements) => statements.try_into().unwrap(),
        other => panic!("statements, got {other}"),
    }
}

/// A statement that keeps everyone out who comes without TLS.
pub fn assert_denies_plain_http(statement: &Value, action: &str, resource: &str) {
    let expected = serde_json::json!({
        "Sid": "DenyInsecureTransport",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    });
    assert_eq!(statement, &expected);
}

/// Says that the target can't answer a test, and why. Who runs the tests counts these lines.
pub fn skip(reason: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    eprintln!("SKIPPED {test}: {reason}");
}

/// Asks again and again until there is an answer.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let began = tokio::time::Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(
            began.elapsed() < PATIENCE,
            "waited {PATIENCE:?} in vain for {what}"
        );
        tokio::time::sleep(POLL).await;
    }
}
