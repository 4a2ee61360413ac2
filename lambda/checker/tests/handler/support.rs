//! Mocked AWS: scripted answers, and a record of the calls in order.

mod calls;
mod made;
mod rules;
mod table;

use std::cell::Cell;
use std::sync::{Arc, Mutex};
use std::thread::LocalKey;
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_ec2::operation::describe_instances::DescribeInstancesOutput;
use aws_sdk_ec2::types::Instance;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_smithy_mocks::{RuleMode, mock_client};
use serde_json::Value;
use tag_compliance_aws::clients::Clients;
use tag_compliance_checker::answer::Answer;
use tag_compliance_checker::config::Config;
use tag_compliance_checker::context::Context;
use tag_compliance_checker::error::Error;
use tag_compliance_checker::handler::handle;
use tag_compliance_core::timestamp::Timestamp;

pub use self::calls::*;
pub use self::made::*;
pub use self::table::*;

pub const BAD: &str = "i-00000000000000bad";
pub const GOOD: &str = "i-0000000000000900d";
pub const CLOCK: &str = "2025-12-03T12:00:00.123Z";
/// The milliseconds of [`CLOCK`].
pub const NOW: u64 = 1_764_763_200_123;

thread_local! {
    static PASSED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// The clock of the test: it stands at [`CLOCK`] unless the test moves it.
pub struct Clock(&'static LocalKey<Cell<Duration>>);

impl Default for Clock {
    fn default() -> Self {
        Self(&PASSED)
    }
}

impl Clock {
    /// Sets the clock to this many seconds after [`CLOCK`].
    pub fn is_at(&self, seconds: u64) {
        self.0.set(Duration::from_secs(seconds));
    }
}

impl Drop for Clock {
    // The next test may run on this thread.
    fn drop(&mut self) {
        self.0.set(Duration::ZERO);
    }
}

fn clock() -> Timestamp {
    CLOCK.parse::<Timestamp>().unwrap().after(PASSED.get())
}

/// A service's answer to one attempt of a call.
pub enum Reply<T> {
    Ok(T),
    /// Accepts all entries of a batch except this one, and says whether that is the sender's fault.
    AllBut(&'static str, bool),
    /// An HTTP status and AWS's error code.
    Error(u16, &'static str),
}

/// What a call requests of EC2.
pub struct Asked {
    /// The values of the filter `instance-id`.
    pub ids: Vec<String>,
    pub token: Option<String>,
    /// Whether the instances that AWS services manage are included.
    pub includes_managed: bool,
    pub earlier_calls: usize,
}

type Fleet = Arc<dyn Fn(&Asked) -> Reply<DescribeInstancesOutput> + Send + Sync>;

/// AWS as a test needs it. Calls that aren't scripted succeed.
#[derive(Default)]
pub struct Aws {
    ec2: Option<Vec<Reply<DescribeInstancesOutput>>>,
    fleet: Option<Fleet>,
    s3: Option<Vec<Reply<()>>>,
    sns: Option<Vec<Reply<()>>>,
    events: Option<Vec<Reply<()>>>,
    owners: Option<&'static str>,
    escalate_after_days: Option<&'static str>,
    cloudwatch: Option<Vec<Reply<()>>>,
    sqs: Option<Vec<Reply<()>>>,
    policy: Option<&'static str>,
    settle_seconds: Option<&'static str>,
    counts_by_logs: bool,
    watched_states: Option<&'static str>,
    sweep_digest: Option<&'static str>,
    audit_records: Option<&'static str>,
    alert_tags: Option<&'static str>,
    time_limit: Option<Duration>,
    s3_backoff: Option<Duration>,
    ec2_backoff: Option<Duration>,
    is_first: bool,
    group_interval: Option<&'static str>,
    repeat_hours: Option<&'static str>,
    resolved_notices: bool,
    started_at: Option<&'static str>,
    table: Table,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Aws {
    /// EC2 answers each call with these instances.
    pub fn with(instances: Vec<Instance>) -> Self {
        Self::fleet(move |_| Reply::Ok(page(instances.clone(), None)))
    }

    /// EC2 answers successive attempts with these.
    pub fn ec2(mut self, replies: Vec<Reply<DescribeInstancesOutput>>) -> Self {
        self.ec2 = Some(replies);
        self
    }

    /// EC2 answers according to the request.
    pub fn fleet(
        fleet: impl Fn(&Asked) -> Reply<DescribeInstancesOutput> + Send + Sync + 'static,
    ) -> Self {
        Self {
            fleet: Some(Arc::new(fleet)),
            ..Self::default()
        }
    }

    pub fn s3(mut self, replies: Vec<Reply<()>>) -> Self {
        self.s3 = Some(replies);
        self
    }

    /// S3 takes this many objects, and then none in this invocation.
    pub fn s3_takes_only(mut self, objects: usize) -> Self {
        let taken = (0..objects).map(|_| Reply::Ok(()));
        let failed = (0..100).map(|_| Reply::Error(500, "InternalError"));
        self.s3 = Some(taken.chain(failed).collect());
        self.s3_backoff = Some(Duration::from_hours(10_000));
        self
    }

    pub fn sns(mut self, replies: Vec<Reply<()>>) -> Self {
        self.sns = Some(replies);
        self
    }

    /// The event bus is told. It answers successive calls with `replies`, and then takes everything.
    pub fn events(mut self, replies: Vec<Reply<()>>) -> Self {
        self.events = Some(replies);
        self
    }

    /// The owners that have receivers of their own; none unless this is called.
    pub fn owners(mut self, owners: &'static str) -> Self {
        self.owners = Some(owners);
        self
    }

    /// After how many days an open violation is escalated; never unless this is called.
    pub fn escalate_after(mut self, days: &'static str) -> Self {
        self.escalate_after_days = Some(days);
        self
    }

    pub fn cloudwatch(mut self, replies: Vec<Reply<()>>) -> Self {
        self.cloudwatch = Some(replies);
        self
    }

    /// Checks count by log lines; by `PutMetricData` unless this is called.
    pub fn counting_by_logs(mut self) -> Self {
        self.counts_by_logs = true;
        self
    }

    pub fn sqs(mut self, replies: Vec<Reply<()>>) -> Self {
        self.sqs = Some(replies);
        self
    }

    /// The grace period; none unless this is called.
    pub fn settling(mut self, seconds: &'static str) -> Self {
        self.settle_seconds = Some(seconds);
        self
    }

    pub fn watching(mut self, states: &'static str) -> Self {
        self.watched_states = Some(states);
        self
    }

    /// Which tags an alert shows; all unless this is called.
    pub fn alert_tags(mut self, tags: &'static str) -> Self {
        self.alert_tags = Some(tags);
        self
    }

    /// A sweep always sends a digest.
    pub fn always_digest(mut self) -> Self {
        self.sweep_digest = Some("always");
        self
    }

    /// The records of an SQS batch are one object; each is one unless this is called.
    pub fn recording_batches(mut self) -> Self {
        self.audit_records = Some("batch");
        self
    }

    /// The wait before EC2 is called again.
    pub fn ec2_backoff(mut self, backoff: Duration) -> Self {
        self.ec2_backoff = Some(backoff);
        self
    }

    /// The table has no era yet.
    pub fn first(mut self) -> Self {
        self.is_first = true;
        self
    }

    /// The table, which outlives the invocation.
    pub fn remembering(mut self, table: &Table) -> Self {
        self.table = table.clone();
        self
    }

    /// How many seconds a group waits for its next message; zero unless this is called.
    pub fn group_interval(mut self, seconds: &'static str) -> Self {
        self.group_interval = Some(seconds);
        self
    }

    /// After how many hours an open violation is told again; never unless this is called.
    pub fn repeat_hours(mut self, hours: &'static str) -> Self {
        self.repeat_hours = Some(hours);
        self
    }

    pub fn resolved_notices(mut self) -> Self {
        self.resolved_notices = true;
        self
    }

    /// When the environment of the function started; now unless this is called.
    pub fn started_at(mut self, time: &'static str) -> Self {
        self.started_at = Some(time);
        self
    }

    /// How long the invocation may take; a minute unless this is called.
    pub fn time_limit(mut self, time_limit: Duration) -> Self {
        self.time_limit = Some(time_limit);
        self
    }

    pub fn policy(mut self, document: &'static str) -> Self {
        self.policy = Some(document);
        self
    }

    /// The context, and a record of its calls.
    pub fn context(self) -> (Context, Calls) {
        crate::logs::collect();
        let calls = Calls(self.calls.clone());
        let config = self.config();
        if self.table.item("policy").is_none() && !self.is_first {
            self.table
                .put("policy", &era_of(config.policy.fingerprint()));
        }
        let [get, batch, update, query, scan] = self.table.rules();
        let clients = Clients {
            ec2: mock_client!(
                aws_sdk_ec2,
                RuleMode::MatchAny,
                [&self.ec2_rule()],
                |config| config.retry_config(match self.ec2_backoff {
                    Some(backoff) => retries()
                        .with_initial_backoff(backoff)
                        .with_use_static_exponential_base(true),
                    None => retries(),
                })
            ),
            s3: mock_client!(
                aws_sdk_s3,
                RuleMode::MatchAny,
                [&self.s3_rule()],
                |config| config.retry_config(match self.s3_backoff {
                    Some(backoff) => retries()
                        .with_initial_backoff(backoff)
                        .with_max_backoff(backoff),
                    None => retries(),
                })
            ),
            eventbridge: mock_client!(
                aws_sdk_eventbridge,
                RuleMode::MatchAny,
                [&self.events_rule()],
                // The mocks don't pass the input of a retry to a computed answer.
                |config| config.retry_config(RetryConfig::disabled())
            ),
            sns: mock_client!(
                aws_sdk_sns,
                RuleMode::MatchAny,
                [&self.sns_rule()],
                |config| config.retry_config(retries())
            ),
            sqs: mock_client!(
                aws_sdk_sqs,
                RuleMode::MatchAny,
                [&self.sqs_rule()],
                |config| config.retry_config(retries())
            ),
            dynamodb: mock_client!(
                aws_sdk_dynamodb,
                RuleMode::MatchAny,
                [&get, &batch, &update, &query, &scan],
                // The mocks don't pass the input of a retry to a computed answer.
                |config| config.retry_config(RetryConfig::disabled())
            ),
            cloudwatch: mock_client!(
                aws_sdk_cloudwatch,
                RuleMode::MatchAny,
                [&self.cloudwatch_rule()],
                |config| config.retry_config(retries())
            ),
        };
        (
            Context {
                config,
                clients,
                clock,
                started_at: self.started_at.map_or_else(clock, |at| at.parse().unwrap()),
            },
            calls,
        )
    }

    /// Handles one event, and then the stream's event if something is due. Returns the answer to the first event, and
    /// all calls.
    pub async fn handle_and_tell(self, payload: &Value) -> (Result<Value, Error>, Calls) {
        let table = self.table.clone();
        let (context, calls) = self.context();
        let minute = Duration::from_mins(1);
        let deadline = Timestamp::from(SystemTime::from((context.clock)()) + minute);
        let answer = Box::pin(handle(&context, payload, deadline)).await;
        if let Some(wake) = table.wake() {
            Box::pin(handle(&context, &wake, deadline)).await.unwrap();
        }
        let answer = answer.map(|answer| serde_json::to_value(answer).unwrap());
        (answer, calls)
    }

    /// Handles one event, and returns the answer and the calls.
    pub async fn handle(self, payload: &Value) -> (Result<Value, Error>, Calls) {
        let time_limit = self.time_limit.unwrap_or(Duration::from_mins(1));
        let (context, calls) = self.context();
        let deadline = Timestamp::from(SystemTime::from((context.clock)()) + time_limit);
        let answer = Box::pin(handle(&context, payload, deadline)).await;
        (
            answer.map(|answer: Answer| serde_json::to_value(answer).unwrap()),
            calls,
        )
    }

    fn config(&self) -> Config {
        let policy = self.policy.unwrap_or(
            r#"{"required_tags":[
                {"key":"Environment","allowed_values":["dev","staging","prod"]},
                {"key":"Owner"},
                {"key":"Application"}
            ]}"#,
        );
        Config::from_lookup(|variable| {
            match variable {
                "OWNERS" => return self.owners.map(str::to_owned),
                "ESCALATE_AFTER_DAYS" => return self.escalate_after_days.map(str::to_owned),
                _ => {}
            }
            Some(
                match variable {
                    "AWS_REGION" => "us-east-1",
                    "LOG_BUCKET_NAME" => "logs",
                    "LOG_BUCKET_OWNER" => "123456789012",
                    "AUDIT_RECORDS" => self.audit_records.unwrap_or("each"),
                    "ALERT_TOPIC_ARN" => "arn:aws:sns:us-east-1:123456789012:alerts",
                    "METRIC_NAMESPACE" => "TagCompliance/test",
                    "METRICS" if self.counts_by_logs => "logs",
                    "METRICS" => "api",
                    "WATCHED_STATES" => self.watched_states.unwrap_or("running,stopped"),
                    "TAG_POLICY" => policy,
                    "SETTLE_SECONDS" => self.settle_seconds.unwrap_or("0"),
                    "DELAY_QUEUE_URL" => "https://sqs.us-east-1.amazonaws.com/123456789012/delay",
                    "SWEEP_DIGEST" => self.sweep_digest.unwrap_or("violations"),
                    "STATE_TABLE" => "state",
                    "ALERT_GROUP_INTERVAL_SECONDS" => self.group_interval.unwrap_or("0"),
                    "ALERT_REPEAT_INTERVAL_HOURS" => self.repeat_hours.unwrap_or("never"),
                    "ENVIRONMENT_SUFFIX" => "test",
                    "VIOLATION_EVENTS" if self.events.is_some() => "true",
                    "REMINDER_DAYS" => "3,7,14",
                    "RESOLVED_NOTICES" if self.resolved_notices => "true",
                    "RESOLVED_NOTICES" | "VIOLATION_EVENTS" => "false",
                    "ALERT_TAGS" => self.alert_tags.unwrap_or("all"),
                    other => panic!("{other} is not a variable of the function"),
                }
                .to_owned(),
            )
        })
        .unwrap()
    }
}

/// An era whose policy is in force, and whose first sweep has ended.
fn era_of(policy_hash: &str) -> [(&'static str, AttributeValue); 2] {
    [
        ("hash", AttributeValue::S(policy_hash.to_owned())),
        ("since", AttributeValue::N("1".to_owned())),
    ]
}

fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(3)
        .with_initial_backoff(Duration::from_millis(1))
}
