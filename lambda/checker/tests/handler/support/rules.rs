//! How each service answers what a test scripts, and what is recorded of each call.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_cloudwatch::operation::put_metric_data::PutMetricDataOutput;
use aws_sdk_ec2::config::http::HttpResponse;
use aws_sdk_ec2::operation::describe_instances::DescribeInstancesInput;
use aws_sdk_ec2::types::Filter;
use aws_sdk_eventbridge::operation::put_events::PutEventsOutput;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};
use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_sdk_s3::primitives::SdkBody;
use aws_sdk_sns::operation::publish_batch::PublishBatchOutput;
use aws_sdk_sns::types::{
    BatchResultErrorEntry, PublishBatchRequestEntry, PublishBatchResultEntry,
};
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchOutput;
use aws_sdk_sqs::types as sqs;
use aws_smithy_mocks::{MockResponse, Rule, mock};

use super::calls::{Call, PutEvent, SentAlert};
use super::{Asked, Aws, Reply};

impl Aws {
    pub(super) fn ec2_rule(&self) -> Rule {
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

    pub(super) fn s3_rule(&self) -> Rule {
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

    pub(super) fn sns_rule(&self) -> Rule {
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
                let alert = |entry: &PublishBatchRequestEntry| {
                    let attributes = entry.message_attributes().into_iter().flatten();
                    let mut attributes: BTreeMap<_, _> = attributes
                        .map(|(name, value)| {
                            (name.clone(), value.string_value().unwrap().to_owned())
                        })
                        .collect();
                    SentAlert {
                        subject: entry.subject().unwrap().to_owned(),
                        message: entry.message().to_owned(),
                        severity: attributes.remove("severity"),
                        attributes,
                    }
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

    pub(super) fn events_rule(&self) -> Rule {
        let calls = self.calls.clone();
        let (replies, asked) = (
            self.events.as_deref().unwrap_or_default(),
            AtomicUsize::new(0),
        );
        let replies: Vec<_> = replies
            .iter()
            .map(|reply| match reply {
                Reply::Ok(()) => Ok(None),
                Reply::AllBut(index, sender_fault) => {
                    let code = if *sender_fault {
                        "MalformedDetail"
                    } else {
                        "InternalFailure"
                    };
                    Ok(Some((index.parse::<usize>().unwrap(), code)))
                }
                Reply::Error(status, code) => Err((*status, *code)),
            })
            .collect();
        mock!(aws_sdk_eventbridge::Client::put_events)
            .match_requests(move |input| {
                let event = |entry: &PutEventsRequestEntry| {
                    assert_eq!(entry.source(), Some("tag-compliance"));
                    assert_eq!(entry.event_bus_name(), None, "the default bus");
                    assert!(entry.time().is_some());
                    PutEvent {
                        detail_type: entry.detail_type().unwrap().to_owned(),
                        resources: entry.resources().to_vec(),
                        detail: serde_json::from_str(entry.detail().unwrap()).unwrap(),
                    }
                };
                let events = input.entries().iter().map(event).collect();
                calls.lock().unwrap().push(Call::PutEvents { events });
                true
            })
            .then_compute_response(move |input| {
                let reply = replies.get(asked.fetch_add(1, Ordering::Relaxed));
                match reply.unwrap_or(&Ok(None)) {
                    Ok(failed) => {
                        let entry = |index| {
                            let entry = PutEventsResultEntry::builder();
                            match failed {
                                Some((failed, code)) if *failed == index => entry.error_code(*code),
                                _ => entry.event_id("event"),
                            }
                        };
                        let entries = (0..input.entries().len()).map(|index| entry(index).build());
                        MockResponse::Output(
                            PutEventsOutput::builder()
                                .failed_entry_count(i32::from(failed.is_some()))
                                .set_entries(Some(entries.collect()))
                                .build(),
                        )
                    }
                    Err((status, code)) => MockResponse::Http(HttpResponse::new(
                        (*status).try_into().unwrap(),
                        SdkBody::from(format!(
                            r#"{{"__type":"{code}","message":"so said the bus"}}"#
                        )),
                    )),
                }
            })
    }

    pub(super) fn sqs_rule(&self) -> Rule {
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

    pub(super) fn cloudwatch_rule(&self) -> Rule {
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
