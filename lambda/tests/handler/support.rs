//! Mocked AWS: scripted answers, and a record of the calls in their order.

mod made;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_cloudwatch::operation::put_metric_data::PutMetricDataOutput;
use aws_sdk_ec2::operation::describe_instances::{DescribeInstancesInput, DescribeInstancesOutput};
use aws_sdk_ec2::types::Instance;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_sdk_sns::operation::publish::PublishOutput;
use aws_sdk_sqs::operation::send_message::SendMessageOutput;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use serde_json::Value;
use tag_compliance_checker::answer::Answer;
use tag_compliance_checker::aws::clients::Clients;
use tag_compliance_checker::config::Config;
use tag_compliance_checker::error::Error;
use tag_compliance_checker::handler::Checker;
use tag_compliance_checker::timestamp::Timestamp;

pub use self::made::*;

pub const BAD: &str = "i-00000000000000bad";
pub const GOOD: &str = "i-0000000000000900d";
pub const CLOCK: &str = "2026-01-01T00:00:00.123Z";

/// A call that was made, with what matters of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    Describe {
        filter: String,
        values: Vec<String>,
        page_size: Option<i32>,
        token: Option<String>,
    },
    Put {
        bucket: String,
        owner: String,
        key: String,
        content_type: String,
        body: String,
    },
    Publish {
        topic: String,
        subject: String,
        message: String,
        severity: Option<String>,
    },
    Metrics {
        namespace: String,
        data: Vec<(String, f64, i64)>,
    },
    Delay {
        queue: String,
        body: String,
        seconds: i32,
    },
}

impl Call {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Describe { .. } => "describe",
            Self::Put { .. } => "put",
            Self::Publish { .. } => "publish",
            Self::Metrics { .. } => "metrics",
            Self::Delay { .. } => "delay",
        }
    }
}

/// What a service answers to one attempt of a call.
pub enum Reply<T> {
    Ok(T),
    /// An HTTP status and AWS's error code.
    Error(u16, &'static str),
}

/// AWS as a test wants it. What is not scripted answers well.
#[derive(Default)]
pub struct Aws {
    ec2: Option<Vec<Reply<DescribeInstancesOutput>>>,
    s3: Option<Vec<Reply<()>>>,
    sns: Option<Vec<Reply<()>>>,
    cloudwatch: Option<Vec<Reply<()>>>,
    sqs: Option<Vec<Reply<()>>>,
    policy: Option<&'static str>,
    settle_seconds: Option<&'static str>,
    watched_states: Option<&'static str>,
    sweep_digest: Option<&'static str>,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Aws {
    /// EC2 answers each call with these instances.
    pub fn with(instances: Vec<Instance>) -> Self {
        Self::default().ec2(vec![Reply::Ok(page(instances, None))])
    }

    /// EC2 answers one attempt after the other with these.
    pub fn ec2(mut self, replies: Vec<Reply<DescribeInstancesOutput>>) -> Self {
        self.ec2 = Some(replies);
        self
    }

    pub fn s3(mut self, replies: Vec<Reply<()>>) -> Self {
        self.s3 = Some(replies);
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

    /// A sweep sends a digest whatever it found.
    pub fn always_digest(mut self) -> Self {
        self.sweep_digest = Some("always");
        self
    }

    pub fn policy(mut self, document: &'static str) -> Self {
        self.policy = Some(document);
        self
    }

    /// The checker, and the record of its calls.
    pub fn checker(self) -> (Checker, Calls) {
        crate::logs::collect();
        let calls = Calls(self.calls.clone());
        let config = self.config();
        let clients = Clients {
            ec2: mock_client!(
                aws_sdk_ec2,
                RuleMode::MatchAny,
                [&self.ec2_rule()],
                |config| config.retry_config(retries())
            ),
            s3: mock_client!(
                aws_sdk_s3,
                RuleMode::MatchAny,
                [&self.s3_rule()],
                |config| config.retry_config(retries())
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
            cloudwatch: mock_client!(
                aws_sdk_cloudwatch,
                RuleMode::MatchAny,
                [&self.cloudwatch_rule()],
                |config| config.retry_config(retries())
            ),
        };
        let clock = || CLOCK.parse::<Timestamp>().unwrap();
        (
            Checker {
                config,
                clients,
                clock,
            },
            calls,
        )
    }

    /// Handles one event and returns the answer with the calls that it took.
    pub async fn handle(self, payload: &Value) -> (Result<Value, Error>, Calls) {
        let (checker, calls) = self.checker();
        let answer = Box::pin(checker.handle(payload)).await;
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
                    other => panic!("{other} is not a variable of the function"),
                }
                .to_owned(),
            )
        })
        .unwrap()
    }

    fn ec2_rule(&self) -> Rule {
        let calls = self.calls.clone();
        let mut rule = mock!(aws_sdk_ec2::Client::describe_instances)
            .match_requests(move |input: &DescribeInstancesInput| {
                let [filter] = input.filters() else {
                    panic!("one filter, got {input:?}")
                };
                assert!(
                    input.instance_ids().is_empty(),
                    "one unknown id would fail all"
                );
                calls.lock().unwrap().push(Call::Describe {
                    filter: filter.name().unwrap().to_owned(),
                    values: filter.values().to_vec(),
                    page_size: input.max_results(),
                    token: input.next_token().map(str::to_owned),
                });
                true
            })
            .sequence();
        for reply in self.ec2.as_deref().unwrap_or_default() {
            rule = match reply {
                Reply::Ok(output) => {
                    let output = output.clone();
                    rule.output(move || output.clone())
                }
                Reply::Error(status, code) => rule.http_status(
                    *status,
                    Some(format!(
                        "<Response><Errors><Error><Code>{code}</Code><Message>so said EC2</Message>\
                         </Error></Errors><RequestID>r</RequestID></Response>"
                    )),
                ),
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
        let sent = || PublishOutput::builder().message_id("message-1").build();
        let mut rule = mock!(aws_sdk_sns::Client::publish)
            .match_requests(move |input| {
                calls.lock().unwrap().push(Call::Publish {
                    topic: input.topic_arn().unwrap().to_owned(),
                    subject: input.subject().unwrap().to_owned(),
                    message: input.message().unwrap().to_owned(),
                    severity: input
                        .message_attributes()
                        .and_then(|attributes| attributes["severity"].string_value())
                        .map(str::to_owned),
                });
                true
            })
            .sequence();
        let Some(replies) = &self.sns else {
            return rule.output(sent).repeatedly().build();
        };
        for reply in replies {
            rule = match reply {
                Reply::Ok(()) => rule.output(sent),
                Reply::Error(status, code) => rule.http_status(
                    *status,
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
        let sent = || SendMessageOutput::builder().build();
        let mut rule = mock!(aws_sdk_sqs::Client::send_message)
            .match_requests(move |input| {
                calls.lock().unwrap().push(Call::Delay {
                    queue: input.queue_url().unwrap().to_owned(),
                    body: input.message_body().unwrap().to_owned(),
                    seconds: input.delay_seconds().unwrap(),
                });
                true
            })
            .sequence();
        let Some(replies) = &self.sqs else {
            return rule.output(sent).repeatedly().build();
        };
        for reply in replies {
            rule = match reply {
                Reply::Ok(()) => rule.output(sent),
                Reply::Error(status, code) => rule.http_status(
                    *status,
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
                // The code stands in a CBOR body, which a script of text can't hold.
                Reply::Error(status, _) => rule.http_status(*status, None),
            };
        }
        rule.build()
    }
}

/// The calls that were made, in their order. An SDK retry is no call of its own.
pub struct Calls(Arc<Mutex<Vec<Call>>>);

impl Calls {
    pub fn all(&self) -> Vec<Call> {
        self.0.lock().unwrap().clone()
    }

    pub fn names(&self) -> Vec<&'static str> {
        self.all().iter().map(Call::name).collect()
    }

    pub fn bodies(&self) -> Vec<(String, String)> {
        let put = |call| match call {
            Call::Put { key, body, .. } => Some((key, body)),
            _ => None,
        };
        self.all().into_iter().filter_map(put).collect()
    }

    pub fn messages(&self) -> Vec<(String, String)> {
        let publish = |call| match call {
            Call::Publish {
                subject, message, ..
            } => Some((subject, message)),
            _ => None,
        };
        self.all().into_iter().filter_map(publish).collect()
    }

    /// The severity of each message, as subscriptions filter by it.
    pub fn severities(&self) -> Vec<Option<String>> {
        let severity = |call| match call {
            Call::Publish { severity, .. } => Some(severity),
            _ => None,
        };
        self.all().into_iter().filter_map(severity).collect()
    }

    /// Compliant and non-compliant counts, for each call that sent them.
    pub fn counts(&self) -> Vec<(f64, f64)> {
        let metrics = |call| match call {
            Call::Metrics { data, .. } => {
                let [(compliant, good, _), (non_compliant, bad, _)] = data.as_slice() else {
                    panic!("both metrics in one call, got {data:?}");
                };
                assert_eq!(compliant, "CompliantInstances");
                assert_eq!(non_compliant, "NonCompliantInstances");
                Some((*good, *bad))
            }
            _ => None,
        };
        self.all().into_iter().filter_map(metrics).collect()
    }

    /// What is brought back, and after how many seconds.
    pub fn delayed(&self) -> Vec<(Value, i32)> {
        let delay = |call| match call {
            Call::Delay {
                queue,
                body,
                seconds,
            } => {
                assert!(queue.ends_with("/delay"), "{queue}");
                Some((serde_json::from_str(&body).unwrap(), seconds))
            }
            _ => None,
        };
        self.all().into_iter().filter_map(delay).collect()
    }

    /// What was asked of EC2.
    pub fn lookups(&self) -> Vec<Vec<String>> {
        let describe = |call| match call {
            Call::Describe { values, .. } => Some(values),
            _ => None,
        };
        self.all().into_iter().filter_map(describe).collect()
    }
}

fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(3)
        .with_initial_backoff(Duration::from_millis(1))
}
