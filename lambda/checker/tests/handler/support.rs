//! Mocked AWS: scripted answers, and a record of the calls in their order.

mod calls;
mod made;
mod table;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::LocalKey;
use std::time::{Duration, SystemTime};

use aws_sdk_cloudwatch::operation::put_metric_data::PutMetricDataOutput;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_ec2::config::http::HttpResponse;
use aws_sdk_ec2::operation::describe_instances::{DescribeInstancesInput, DescribeInstancesOutput};
use aws_sdk_ec2::types::{Filter, Instance};
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_sdk_s3::primitives::SdkBody;
use aws_sdk_sns::operation::publish_batch::PublishBatchOutput;
use aws_sdk_sns::types::{
    BatchResultErrorEntry, PublishBatchRequestEntry, PublishBatchResultEntry,
};
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchOutput;
use aws_sdk_sqs::types as sqs;
use aws_smithy_mocks::{MockResponse, Rule, RuleMode, mock, mock_client};
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
    /// Lets it be so many seconds after [`CLOCK`].
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

/// What a service answers to one attempt of a call.
pub enum Reply<T> {
    Ok(T),
    /// All entries of a batch but this one, and whether that is the sender's fault.
    AllBut(&'static str, bool),
    /// An HTTP status and AWS's error code.
    Error(u16, &'static str),
}

/// What a call asks EC2 for.
pub struct Asked {
    /// The values of the filter `instance-id`.
    pub ids: Vec<String>,
    pub token: Option<String>,
    /// Whether EC2 is to show the instances that AWS services manage.
    pub includes_managed: bool,
    pub earlier_calls: usize,
}

type Fleet = Arc<dyn Fn(&Asked) -> Reply<DescribeInstancesOutput> + Send + Sync>;

/// AWS as a test wants it. What is not scripted answers well.
#[derive(Default)]
pub struct Aws {
    ec2: Option<Vec<Reply<DescribeInstancesOutput>>>,
    fleet: Option<Fleet>,
    s3: Option<Vec<Reply<()>>>,
    sns: Option<Vec<Reply<()>>>,
    cloudwatch: Option<Vec<Reply<()>>>,
    sqs: Option<Vec<Reply<()>>>,
    policy: Option<&'static str>,
    settle_seconds: Option<&'static str>,
    watched_states: Option<&'static str>,
    sweep_digest: Option<&'static str>,
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

    /// EC2 answers one attempt after the other with these.
    pub fn ec2(mut self, replies: Vec<Reply<DescribeInstancesOutput>>) -> Self {
        self.ec2 = Some(replies);
        self
    }

    /// EC2 answers by what it is asked for.
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

    /// S3 takes this many objects, and then none while the invocation lasts.
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

    pub fn cloudwatch(mut self, replies: Vec<Reply<()>>) -> Self {
        self.cloudwatch = Some(replies);
        self
    }

    pub fn sqs(mut self, replies: Vec<Reply<()>>) -> Self {
        self.sqs = Some(replies);
        self
    }

    /// How long an instance may be tagged; not at all unless this is called.
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

    /// A sweep sends a digest whatever it found.
    pub fn always_digest(mut self) -> Self {
        self.sweep_digest = Some("always");
        self
    }

    /// EC2 is asked again only after so long.
    pub fn ec2_backoff(mut self, backoff: Duration) -> Self {
        self.ec2_backoff = Some(backoff);
        self
    }

    /// No environment has met the table before.
    pub fn first(mut self) -> Self {
        self.is_first = true;
        self
    }

    /// The table, which outlasts the invocation.
    pub fn remembering(mut self, table: &Table) -> Self {
        self.table = table.clone();
        self
    }

    /// How many seconds a group waits that was told of something; not at all unless this is called.
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

    /// The context, and the record of its calls.
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
                // The mocks have no input for a computed answer to a retry.
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

    /// Handles one event, and then, where something is due, what the table's stream tells of it; returns the
    /// answer to the event, and all calls.
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

    /// Handles one event and returns the answer with the calls that it took.
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
            Some(
                match variable {
                    "AWS_REGION" => "us-east-1",
                    "LOG_BUCKET_NAME" => "logs",
                    "LOG_BUCKET_OWNER" => "123456789012",
                    "ALERT_TOPIC_ARN" => "arn:aws:sns:us-east-1:123456789012:alerts",
                    "METRIC_NAMESPACE" => "TagCompliance/test",
                    "WATCHED_STATES" => self.watched_states.unwrap_or("running,stopped"),
                    "TAG_POLICY" => policy,
                    "SETTLE_SECONDS" => self.settle_seconds.unwrap_or("0"),
                    "DELAY_QUEUE_URL" => "https://sqs.us-east-1.amazonaws.com/123456789012/delay",
                    "SWEEP_DIGEST" => self.sweep_digest.unwrap_or("violations"),
                    "STATE_TABLE" => "state",
                    "ALERT_GROUP_INTERVAL_SECONDS" => self.group_interval.unwrap_or("0"),
                    "ALERT_REPEAT_INTERVAL_HOURS" => self.repeat_hours.unwrap_or("never"),
                    "REMINDER_DAYS" => "3,7,14",
                    "RESOLVED_NOTICES" if self.resolved_notices => "true",
                    "RESOLVED_NOTICES" => "false",
                    "ALERT_TAGS" => self.alert_tags.unwrap_or("all"),
                    other => panic!("{other} is not a variable of the function"),
                }
                .to_owned(),
            )
        })
        .unwrap()
    }

    fn ec2_rule(&self) -> Rule {
        let calls = self.calls.clone();
        let rule = mock!(aws_sdk_ec2::Client::describe_instances).match_requests(
            move |input: &DescribeInstancesInput| {
                let filter =
                    |filter: &Filter| (filter.name().unwrap().to_owned(), filter.values().to_vec());
                assert!(
                    input.instance_ids().is_empty(),
                    "one unknown id would fail all"
                );
                calls.lock().unwrap().push(Call::Describe {
                    filters: input.filters().iter().map(filter).collect(),
                    page_size: input.max_results(),
                    token: input.next_token().map(str::to_owned),
                });
                true
            },
        );
        if let Some(fleet) = self.fleet.clone() {
            let calls = AtomicUsize::new(0);
            return rule.then_compute_response(move |input| {
                let ids = input
                    .filters()
                    .iter()
                    .find(|it| it.name() == Some("instance-id"));
                let asked = Asked {
                    ids: ids
                        .map(|filter| filter.values().to_vec())
                        .unwrap_or_default(),
                    token: input.next_token().map(str::to_owned),
                    includes_managed: input.include_managed_resources() == Some(true),
                    earlier_calls: calls.fetch_add(1, Ordering::Relaxed),
                };
                match fleet(&asked) {
                    Reply::Ok(output) => MockResponse::Output(output),
                    Reply::AllBut(..) => unreachable!("not a batch call"),
                    Reply::Error(status, code) => MockResponse::Http(HttpResponse::new(
                        status.try_into().unwrap(),
                        SdkBody::from(ec2_error(code)),
                    )),
                }
            });
        }
        let mut rule = rule.sequence();
        for reply in self.ec2.as_deref().unwrap_or_default() {
            rule = match reply {
                Reply::Ok(output) => {
                    let output = output.clone();
                    rule.output(move || output.clone())
                }
                Reply::AllBut(..) => unreachable!("not a batch call"),
                Reply::Error(status, code) => rule.http_status(*status, Some(ec2_error(code))),
            };
        }
        rule.build()
    }

    fn s3_rule(&self) -> Rule {
        let calls = self.calls.clone();
        let mut rule = mock!(aws_sdk_s3::Client::put_object)
            .match_requests(move |input| {
                calls.lock().unwrap().push(Call::Put {
                    bucket: input.bucket().unwrap().to_owned(),
                    owner: input.expected_bucket_owner().unwrap().to_owned(),
                    key: input.key().unwrap().to_owned(),
                    if_none_match: input.if_none_match().map(str::to_owned),
                    content_type: input.content_type().unwrap().to_owned(),
                    body: String::from_utf8(input.body().bytes().unwrap().to_vec()).unwrap(),
                });
                true
            })
            .sequence();
        let Some(replies) = &self.s3 else {
            return rule
                .output(|| PutObjectOutput::builder().build())
                .repeatedly()
                .build();
        };
        for reply in replies {
            rule = match reply {
                Reply::Ok(()) => rule.output(|| PutObjectOutput::builder().build()),
                Reply::AllBut(..) => unreachable!("not a batch call"),
                Reply::Error(status, code) => rule.http_status(
                    *status,
                    Some(format!(
                        "<Error><Code>{code}</Code><Message>so said S3</Message></Error>"
                    )),
                ),
            };
        }
        rule.build()
    }

    fn sns_rule(&self) -> Rule {
        let calls = self.calls.clone();
        let sent = |failed: Vec<BatchResultErrorEntry>| {
            let taken = ids(failed.iter().map(BatchResultErrorEntry::id));
            let entry = |id| {
                PublishBatchResultEntry::builder()
                    .id(id)
                    .message_id("message-1")
            };
            PublishBatchOutput::builder()
                .set_successful(Some(taken.map(|id| entry(id).build()).collect()))
                .set_failed(Some(failed))
                .build()
        };
        let mut rule = mock!(aws_sdk_sns::Client::publish_batch)
            .match_requests(move |input| {
                let alert = |entry: &PublishBatchRequestEntry| SentAlert {
                    subject: entry.subject().unwrap().to_owned(),
                    message: entry.message().to_owned(),
                    severity: entry
                        .message_attributes()
                        .and_then(|attributes| attributes["severity"].string_value())
                        .map(str::to_owned),
                };
                calls.lock().unwrap().push(Call::Publish {
                    topic: input.topic_arn().unwrap().to_owned(),
                    alerts: input
                        .publish_batch_request_entries()
                        .iter()
                        .map(alert)
                        .collect(),
                });
                true
            })
            .sequence();
        let Some(replies) = &self.sns else {
            return rule.output(move || sent(vec![])).repeatedly().build();
        };
        for reply in replies {
            rule = match *reply {
                Reply::Ok(()) => rule.output(move || sent(vec![])),
                Reply::AllBut(id, sender_fault) => rule.output(move || {
                    let failed = BatchResultErrorEntry::builder()
                        .id(id)
                        .code("InternalError")
                        .sender_fault(sender_fault);
                    sent(vec![failed.build().unwrap()])
                }),
                Reply::Error(status, code) => rule.http_status(
                    status,
                    Some(format!(
                        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>\
                         <Message>so said SNS</Message></Error></ErrorResponse>"
                    )),
                ),
            };
        }
        rule.build()
    }

    fn sqs_rule(&self) -> Rule {
        let calls = self.calls.clone();
        let sent = |failed: Vec<sqs::BatchResultErrorEntry>| {
            let taken = ids(failed.iter().map(sqs::BatchResultErrorEntry::id));
            let entry = |id: String| {
                let entry = sqs::SendMessageBatchResultEntry::builder().id(&id);
                entry
                    .message_id(id)
                    .md5_of_message_body("")
                    .build()
                    .unwrap()
            };
            SendMessageBatchOutput::builder()
                .set_successful(Some(taken.map(entry).collect()))
                .set_failed(Some(failed))
                .build()
                .unwrap()
        };
        let mut rule = mock!(aws_sdk_sqs::Client::send_message_batch)
            .match_requests(move |input| {
                let message = |entry: &sqs::SendMessageBatchRequestEntry| {
                    (
                        entry.message_body().to_owned(),
                        entry.delay_seconds().unwrap(),
                    )
                };
                calls.lock().unwrap().push(Call::Delay {
                    queue: input.queue_url().unwrap().to_owned(),
                    messages: input.entries().iter().map(message).collect(),
                });
                true
            })
            .sequence();
        let Some(replies) = &self.sqs else {
            return rule.output(move || sent(vec![])).repeatedly().build();
        };
        for reply in replies {
            rule = match *reply {
                Reply::Ok(()) => rule.output(move || sent(vec![])),
                Reply::AllBut(id, sender_fault) => rule.output(move || {
                    let failed = sqs::BatchResultErrorEntry::builder()
                        .id(id)
                        .code("InternalError")
                        .sender_fault(sender_fault);
                    sent(vec![failed.build().unwrap()])
                }),
                Reply::Error(status, code) => rule.http_status(
                    status,
                    Some(format!(
                        r#"{{"__type":"com.amazonaws.sqs#{code}","message":"so said SQS"}}"#
                    )),
                ),
            };
        }
        rule.build()
    }

    fn cloudwatch_rule(&self) -> Rule {
        let calls = self.calls.clone();
        let taken = || PutMetricDataOutput::builder().build();
        let mut rule = mock!(aws_sdk_cloudwatch::Client::put_metric_data)
            .match_requests(move |input| {
                let datum = |datum: &aws_sdk_cloudwatch::types::MetricDatum| {
                    assert!(datum.dimensions().is_empty());
                    assert_eq!(datum.unit().unwrap().as_str(), "Count");
                    (
                        datum.metric_name().unwrap().to_owned(),
                        datum.value().unwrap(),
                        datum.timestamp().unwrap().to_millis().unwrap(),
                    )
                };
                calls.lock().unwrap().push(Call::Metrics {
                    namespace: input.namespace().unwrap().to_owned(),
                    data: input.metric_data().iter().map(datum).collect(),
                });
                true
            })
            .sequence();
        let Some(replies) = &self.cloudwatch else {
            return rule.output(taken).repeatedly().build();
        };
        for reply in replies {
            rule = match reply {
                Reply::Ok(()) => rule.output(taken),
                Reply::AllBut(..) => unreachable!("not a batch call"),
                // The code stands in a CBOR body, which a script of text can't hold.
                Reply::Error(status, _) => rule.http_status(*status, None),
            };
        }
        rule.build()
    }
}

fn ec2_error(code: &str) -> String {
    format!(
        "<Response><Errors><Error><Code>{code}</Code><Message>so said EC2</Message></Error></Errors>\
         <RequestID>r</RequestID></Response>"
    )
}

/// The ids that the entries of a batch may have, but for those that failed.
fn ids<'a>(failed: impl Iterator<Item = &'a str>) -> impl Iterator<Item = String> {
    let mut taken: BTreeSet<String> = (0..10).map(|id| id.to_string()).collect();
    failed.for_each(|id| assert!(taken.remove(id)));
    taken.into_iter()
}

/// The era of a policy that decides, and whose first sweep has ended.
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
