//! The deployment under test, and clients to inspect it.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, Region};
use aws_sdk_cloudwatch::types::{StateValue, Statistic};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use aws_sdk_sqs::types::QueueAttributeName;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{Mutex, MutexGuard};

/// The longest wait for anything that should happen. Alarms take a minute or more on AWS.
const PATIENCE: Duration = Duration::from_mins(5);
const POLL: Duration = Duration::from_millis(500);

/// The deployment under test.
pub struct Deployment {
    outputs: HashMap<String, Output>,
    /// When this test began, to the second: metrics and records before it are not ours.
    pub began: SystemTime,
    pub dynamodb: aws_sdk_dynamodb::Client,
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
    /// The records of batches that were read, by the keys of their objects, which never change.
    batches: std::sync::Mutex<HashMap<String, Vec<Value>>>,
}

#[derive(Deserialize)]
struct Output {
    value: Value,
}

/// The function's answer to a call.
#[derive(Debug)]
pub struct Answer {
    pub payload: Value,
    pub function_error: Option<String>,
}

/// What the state table holds of an instance.
#[derive(Debug, PartialEq)]
pub struct Remembered(HashMap<String, AttributeValue>);

impl Remembered {
    /// An attribute that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.as_s().unwrap().as_str())
    }

    /// An attribute that is a number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.0
            .get(name)
            .map(|value| value.as_n().unwrap().parse().unwrap())
    }

    /// Whether it waits for a second look or an alert.
    pub fn is_due(&self) -> bool {
        self.0.contains_key("due")
    }

    /// Whether it is open, and people have been alerted to all of it.
    pub fn is_told(&self) -> bool {
        let is_same = |known: &str, now: &str| self.0.get(known) == self.0.get(now);
        self.text("st") == Some("open")
            && !self.is_due()
            && is_same("tgen", "gen")
            && is_same("twhat", "what")
    }

    /// Whether it is closed for this reason, with nothing left to do.
    pub fn is_closed(&self, why: &str) -> bool {
        self.text("st") == Some("closed") && self.text("why") == Some(why) && !self.is_due()
    }
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

    /// A second environment in the same account and region, if there is one.
    pub async fn other() -> Option<Self> {
        let path = std::env::var("TERRAFORM_OUTPUTS_OTHER").ok()?;
        Some(Self::read(&path, None).await)
    }

    /// The same environment, for a test whose turn `deployment` has waited for.
    pub fn taking_the_turn_of(mut self, deployment: Self) -> Self {
        self.turn = deployment.turn;
        self
    }

    /// The environment, or the second one if the first is not the one that `is_meant`.
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
        let deployment = Self {
            outputs,
            began: SystemTime::now(),
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
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
            batches: std::sync::Mutex::default(),
        };
        deployment.end_baseline().await;
        deployment
    }

    /// Sweeps a new environment, once: until then it treats launches as the baseline, which only the digest
    /// reports.
    async fn end_baseline(&self) {
        let is_over = async || {
            let policy = self.control_item("policy").await;
            policy.is_some_and(|policy| !policy.contains_key("base"))
        };
        if is_over().await {
            return;
        }
        self.sweep().await;
        eventually("the end of the baseline", async || {
            is_over().await.then_some(())
        })
        .await;
    }

    /// What the state table holds beside the instances.
    pub async fn control_item(&self, name: &str) -> Option<HashMap<String, AttributeValue>> {
        self.item("ctl", name).await
    }

    async fn item(&self, pk: &str, sk: &str) -> Option<HashMap<String, AttributeValue>> {
        let get = self.dynamodb.get_item();
        let get = get.table_name(self.output("state_table_name"));
        let get = get
            .key("pk", AttributeValue::S(pk.to_owned()))
            .key("sk", AttributeValue::S(sk.to_owned()))
            .consistent_read(true);
        get.send().await.unwrap().item
    }

    /// The key of what the state table holds of an instance.
    pub fn instance_key(&self, id: &str) -> [(&'static str, AttributeValue); 2] {
        let function = self.output("function_arn");
        let account = function.split(':').nth(4).unwrap();
        let (_, digit) = id.split_at(id.len() - 1);
        let partition = format!("i#{account}#{}#{digit}", self.output("region"));
        [
            ("pk", AttributeValue::S(partition)),
            ("sk", AttributeValue::S(id.to_owned())),
        ]
    }

    /// What the state table holds of an instance.
    pub async fn remembered(&self, id: &str) -> Option<Remembered> {
        let [(_, pk), (_, sk)] = self.instance_key(id);
        let item = self.item(pk.as_s().unwrap(), sk.as_s().unwrap()).await;
        item.map(Remembered)
    }

    /// Waits until an instance's item in the state table meets a condition.
    pub async fn remembers(
        &self,
        id: &str,
        what: &str,
        is_so: impl Fn(&Remembered) -> bool,
    ) -> Remembered {
        eventually(&format!("{id} to be {what}"), async || {
            self.remembered(id).await.filter(&is_so)
        })
        .await
    }

    /// Starts a sweep as the schedule does, and returns the answer.
    pub async fn sweep(&self) -> Value {
        eventually("a sweep, once no other is under way", async || {
            let answer = self.invoke(&scheduled_event()).await;
            assert_eq!(answer.function_error, None, "{answer:?}");
            (answer.payload["status"] == "swept").then_some(answer.payload)
        })
        .await
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

    /// Whether this is the local stand-in, not AWS.
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

    /// Sends the function an event as EventBridge does: Lambda queues it and retries.
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

    /// The function's log lines since this test began that contain `text`.
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

    /// Every record of a check, provisional ones too, of an instance or of all: those in objects of their own, and
    /// those in objects of batches.
    pub async fn evaluations(&self, instance_id: Option<&str>) -> Vec<Value> {
        let mut records = self.evaluations_in_batches().await;
        records.retain(|record| instance_id.is_none_or(|id| record["instanceId"] == id));
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

    async fn evaluations_in_batches(&self) -> Vec<Value> {
        let mut records = Vec::new();
        for key in self.audit_keys("/batch-").await {
            let known = self.batches.lock().unwrap().get(&key).cloned();
            let found = match known {
                Some(found) => found,
                None => self.audit_records(&key).await,
            };
            assert!(!found.is_empty() && key.ends_with(".jsonl"), "{key}");
            records.extend_from_slice(&found);
            self.batches.lock().unwrap().insert(key, found);
        }
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

/// An event that asks for a sweep, as the schedule's does.
pub fn scheduled_event() -> Value {
    json!({
        "id": format!("test-{:016x}", fastrand::u64(..)),
        "source": "tag-compliance-test",
        "detail-type": "Scheduled Event",
        "time": now(),
    })
}

/// The statements of a policy that holds so many.
pub fn statements<const COUNT: usize>(document: &str) -> [Value; COUNT] {
    let mut policy: Value = serde_json::from_str(document).unwrap();
    match policy["Statement"].take() {
        Value::Array(statements) => statements.try_into().unwrap(),
        other => panic!("statements, got {other}"),
    }
}

/// A statement that denies everyone who does not use TLS.
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

/// Logs that the target cannot run a test, and why. `scripts/test.sh` counts these lines.
pub fn skip(reason: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    eprintln!("SKIPPED {test}: {reason}");
}

/// Polls until there is an answer.
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
