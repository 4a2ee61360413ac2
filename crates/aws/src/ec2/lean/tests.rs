use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_ec2::config::http::HttpResponse;
use aws_sdk_ec2::config::retry::RetryConfig;
use aws_sdk_ec2::{Client, Config};
use aws_smithy_http_client::test_util::infallible_client_fn;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::ec2::{self, Page, Query, Retries, instances};
use crate::error::{CallError, Failure};
use tag_compliance_core::instance::{Described, InstanceState};

/// A body that arrives in chunks.
struct Pieces(VecDeque<Result<Frame<Bytes>, BoxError>>);

impl Pieces {
    fn of(document: &str, size: usize) -> Self {
        let pieces = document.as_bytes().chunks(size);
        Self(
            pieces
                .map(|piece| Ok(Frame::data(Bytes::copy_from_slice(piece))))
                .collect(),
        )
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Ready(self.0.pop_front())
    }
}

fn ok(body: impl Into<SdkBody>) -> HttpResponse {
    HttpResponse::new(200.try_into().unwrap(), body.into())
}

/// EC2 that answers with `answer`, which gets the number of earlier calls.
fn client(answer: impl Fn(usize) -> HttpResponse + Send + Sync + 'static) -> Client {
    let calls = AtomicUsize::new(0);
    let http_client = infallible_client_fn(move |_| {
        let earlier_calls = calls.fetch_add(1, Ordering::Relaxed);
        answer(earlier_calls).try_into_http1x().unwrap()
    });
    let config = Config::builder()
        .with_test_defaults_v2()
        .http_client(http_client)
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
        .build();
    Client::from_conf(config)
}

async fn page(client: &Client, retries: Retries) -> Result<Page, CallError> {
    ec2::page(client, &Query::states(&[]), None, retries).await
}

/// The page as read from the whole document.
async fn plain_page(client: &Client) -> Result<Page, CallError> {
    let output = client.describe_instances().send().await.unwrap();
    let next_token = output.next_token.clone();
    instances(output).map(|instances| Page {
        instances,
        next_token,
    })
}

const INSTANCE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
    <requestId>8f7724cf-496f-496e-8fe3-example</requestId>
    <reservationSet>
        <item>
            <reservationId>r-1234567890abcdef0</reservationId>
            <ownerId>123456789012</ownerId>
            <groupSet/>
            <instancesSet>
                <item>
                    <instanceId>i-1234567890abcdef0</instanceId>
                    <instanceState>
                        <code>16</code>
                        <name>running</name>
                    </instanceState>
                    <reason>User initiated (2026-01-02 10:00:00 GMT)</reason>
                    <dnsName/>
                    <launchTime>2026-01-02T00:00:00.000Z</launchTime>
                    <imageId>ami-0abcdef1234567890</imageId>
                    <instanceType>t3.micro</instanceType>
                    <iamInstanceProfile>
                        <arn>arn:aws:iam::123456789012:instance-profile/teams/web</arn>
                        <id>AIPA1</id>
                    </iamInstanceProfile>
                    <vpcId>vpc-1</vpcId>
                    <subnetId>subnet-1</subnetId>
                    <placement>
                        <availabilityZone>us-east-1a</availabilityZone>
                        <tenancy>default</tenancy>
                    </placement>
                    <blockDeviceMapping>
                        <item>
                            <ebs>
                                <attachTime>2026-01-03T00:00:00.000Z</attachTime>
                            </ebs>
                        </item>
                    </blockDeviceMapping>
                    <tagSet>
                        <item>
                            <key>Owner</key>
                            <value>R&amp;D &lt;&#x1F600;&gt;</value>
                        </item>
                        <item>
                            <key>Empty</key>
                            <value/>
                        </item>
                    </tagSet>
                    <networkInterfaceSet>
                        <item>
                            <ownerId>210987654321</ownerId>
                            <tagSet/>
                            <attachment>
                                <attachmentId>eni-attach-1</attachmentId>
                                <deviceIndex>0</deviceIndex>
                                <attachTime>2026-01-01T00:00:00.000Z</attachTime>
                            </attachment>
                        </item>
                    </networkInterfaceSet>
                    <operator>
                        <managed>true</managed>
                        <principal>eks.amazonaws.com</principal>
                        <hiddenByDefault>true</hiddenByDefault>
                    </operator>
                </item>
            </instancesSet>
        </item>
    </reservationSet>
    <nextToken>more</nextToken>
</DescribeInstancesResponse>
"#;

/// What passes of a document, and the error that ends it.
fn received(pieces: Pieces) -> (String, Option<String>) {
    let inner = SdkBody::from_body_1_x(pieces);
    let filter = Filter::new(&ANSWER);
    let mut body = LeanBody { inner, filter };
    let mut context = Context::from_waker(std::task::Waker::noop());
    let mut lean = Vec::new();
    loop {
        let Poll::Ready(frame) = Pin::new(&mut body).poll_frame(&mut context) else {
            panic!("the pieces are all there")
        };
        let error = match frame {
            Some(Ok(frame)) => {
                let data = frame.into_data().unwrap();
                assert!(!data.is_empty(), "a frame for nothing");
                lean.extend(data);
                continue;
            }
            Some(Err(error)) => Some(error.to_string()),
            None => None,
        };
        return (String::from_utf8(lean).unwrap(), error);
    }
}

#[test]
fn only_what_is_read_is_kept() {
    let lean = r#"<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
    <requestId>8f7724cf-496f-496e-8fe3-example</requestId>
    <reservationSet><item><ownerId>123456789012</ownerId><instancesSet><item><instanceId>i-1234567890abcdef0</instanceId><instanceState><name>running</name></instanceState><reason>User initiated (2026-01-02 10:00:00 GMT)</reason><launchTime>2026-01-02T00:00:00.000Z</launchTime><imageId>ami-0abcdef1234567890</imageId><instanceType>t3.micro</instanceType><iamInstanceProfile><arn>arn:aws:iam::123456789012:instance-profile/teams/web</arn></iamInstanceProfile><vpcId>vpc-1</vpcId><subnetId>subnet-1</subnetId><placement><availabilityZone>us-east-1a</availabilityZone></placement><tagSet><item><key>Owner</key><value>R&amp;D &lt;&#x1F600;&gt;</value></item><item><key>Empty</key><value/></item></tagSet><networkInterfaceSet><item><attachment><deviceIndex>0</deviceIndex><attachTime>2026-01-01T00:00:00.000Z</attachTime></attachment></item></networkInterfaceSet><operator><managed>true</managed><principal>eks.amazonaws.com</principal></operator></item></instancesSet></item></reservationSet>
    <nextToken>more</nextToken>
</DescribeInstancesResponse>
"#;
    for size in [1, 7, 100, 10_000] {
        let (received, error) = received(Pieces::of(INSTANCE, size));
        assert_eq!(error, None);
        assert_eq!(received, lean);
    }
}

#[tokio::test]
async fn the_sdk_reads_the_same_of_a_lean_answer() {
    let client = client(|_| {
        let mut answer = ok(SdkBody::from_body_1_x(Pieces::of(INSTANCE, 10)));
        let length = INSTANCE.len().to_string();
        answer.headers_mut().insert("content-length", length);
        answer
    });
    let read = page(&client, Retries::Caller).await.unwrap();
    assert_eq!(read, plain_page(&client).await.unwrap());
    assert_eq!(read.next_token.as_deref(), Some("more"));
    let [instance] = &read.instances[..] else {
        panic!("{read:?}")
    };
    assert_eq!(instance.id.as_str(), "i-1234567890abcdef0");
    assert_eq!(
        instance.account_id.as_ref().map(AsRef::as_ref),
        Some("123456789012")
    );
    assert_eq!(instance.state, InstanceState::Running);
    assert_eq!(
        instance.launched_at,
        Some("2026-01-01T00:00:00Z".parse().unwrap())
    );
    assert_eq!(instance.ended_at, None, "it has not");
    let operator = instance.operator.as_ref().map(AsRef::as_ref);
    assert_eq!(operator, Some("eks.amazonaws.com"));
    let described = Described {
        instance_type: Some("t3.micro".to_owned()),
        availability_zone: Some("us-east-1a".to_owned()),
        image_id: Some("ami-0abcdef1234567890".to_owned()),
        instance_profile: Some("web".to_owned()),
        vpc_id: Some("vpc-1".to_owned()),
        subnet_id: Some("subnet-1".to_owned()),
    };
    assert_eq!(instance.described, described);
    assert_eq!(instance.tags.get("Owner").unwrap().raw(), "R&D <😀>");
    assert_eq!(instance.tags.get("Empty").unwrap().raw(), "");
}

#[tokio::test]
async fn a_fleet_that_is_cut_off_is_never_a_smaller_fleet() {
    let start = INSTANCE.find("</instancesSet>").unwrap();
    let cut_off = move || ok(&INSTANCE[..start]);

    // Without the filter's check, the SDK would accept it.
    let plain = plain_page(&client(move |_| cut_off())).await.unwrap();
    assert_eq!(plain.next_token, None);

    let error = page(&client(move |_| cut_off()), Retries::Caller)
        .await
        .unwrap_err();
    let Failure::NoAnswer(reason) = &error.failure else {
        panic!("{error:?}")
    };
    assert!(reason.contains("the XML document ends within"), "{reason}");

    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let second_try = client(move |earlier_calls| {
        counted.fetch_add(1, Ordering::Relaxed);
        if earlier_calls == 0 {
            cut_off()
        } else {
            ok(INSTANCE)
        }
    });
    let read = page(&second_try, Retries::Sdk).await.unwrap();
    assert_eq!(read.instances.len(), 1);
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn an_answer_that_is_none_is_an_error() {
    for (body, message) in [
        ("", "ends within"),
        ("Bad Gateway", "ends within"),
        ("<!DOCTYPE html><html></html>", "not a tag that AWS writes"),
        ("<html><body><br></body></html>", "end tag"),
    ] {
        let error = page(&client(move |_| ok(body)), Retries::Caller).await;
        let error = error.unwrap_err().to_string();
        assert!(error.contains(message), "{body}: {error}");
    }
    // Well-formed, but another service's: the SDK reports that.
    let error = page(&client(|_| ok("<html/>")), Retries::Caller).await;
    assert!(matches!(
        error.unwrap_err().failure,
        Failure::UnusableAnswer(_)
    ));
}

#[tokio::test]
async fn errors_of_ec2_are_read_as_ever() {
    let throttled = client(|_| {
        let error = "<Response><Errors><Error><Code>RequestLimitExceeded</Code>\
            <Message>Slow down</Message></Error></Errors></Response>";
        HttpResponse::new(503.try_into().unwrap(), error.into())
    });
    let error = page(&throttled, Retries::Caller).await.unwrap_err();
    assert!(error.is_throttled(), "{error}");
    assert!(error.to_string().contains("Slow down"), "{error}");

    let empty = client(|_| HttpResponse::new(502.try_into().unwrap(), SdkBody::empty()));
    let error = page(&empty, Retries::Caller).await.unwrap_err();
    let Failure::Unavailable { status: 502, .. } = error.failure else {
        panic!("{error:?}")
    };
}

#[test]
fn errors_of_the_body_pass_through() {
    let mut pieces = Pieces::of(&INSTANCE[..200], 50);
    pieces.0.push_back(Err("connection reset".into()));
    let (lean, error) = received(pieces);
    assert_eq!(error.as_deref(), Some("connection reset"));
    assert!(INSTANCE.starts_with(&lean) && !lean.is_empty());
}

#[tokio::test]
async fn trailers_pass_through() {
    let client = client(|_| {
        let trailers = ok("").try_into_http1x().unwrap().headers().clone();
        let mut pieces = Pieces::of(INSTANCE, 100);
        pieces.0.push_back(Ok(Frame::trailers(trailers)));
        ok(SdkBody::from_body_1_x(pieces))
    });
    let page = page(&client, Retries::Caller).await.unwrap();
    assert_eq!(page.instances.len(), 1);
}

/// An element with one of `contents`.
fn element(name: &str, contents: &[&str]) -> impl Strategy<Value = String> + use<> {
    let elements: Vec<_> = contents
        .iter()
        .map(|content| format!("<{name}>{content}</{name}>"))
        .collect();
    prop::sample::select(elements)
}

fn list(name: &'static str, item: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let item = item.prop_map(|item| format!("<item>{item}</item>\n"));
    prop_oneof![
        1 => Just(format!("<{name}/>")),
        4 => vec(item, 0..4).prop_map(move |items| format!("<{name}>{}</{name}>", items.concat())),
    ]
}

/// Elements that we don't read, with names that we read elsewhere.
fn unread() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "\n    ",
        "<new/>",
        "<!-- <item> -->",
        "<groupSet><item><instanceId>sg-1</instanceId><ownerId>0</ownerId></item></groupSet>",
        "<blockDeviceMapping><item><attachment><deviceIndex>0</deviceIndex>\
            <attachTime>2020-01-01T00:00:00Z</attachTime></attachment></item></blockDeviceMapping>",
        "<new a='>'><tagSet><item><key>k</key></item></tagSet><new>1 &amp; 2</new></new>",
        "<secondary><instancesSet><item/></instancesSet><![CDATA[</secondary>]]></secondary>",
    ])
    .prop_map(str::to_owned)
}

/// `elements` in any order, each present or not, among others.
fn mixed(elements: Vec<BoxedStrategy<String>>) -> impl Strategy<Value = String> {
    let elements: Vec<_> = elements
        .into_iter()
        .flat_map(|element| {
            [
                prop_oneof![Just(String::new()), element].boxed(),
                unread().boxed(),
            ]
        })
        .collect();
    elements
        .prop_shuffle()
        .prop_map(|elements| elements.concat())
}

fn answer() -> impl Strategy<Value = String> {
    let times = ["2026-01-01T00:00:00.000Z", "2026-01-02T03:04:05Z"];
    let texts = ["Owner", "", " a &amp; b ", "&lt;item&gt;", "&#228;", "日本"];
    let tag = mixed(vec![
        element("key", &texts).boxed(),
        element("value", &texts).boxed(),
    ]);
    let attachment = mixed(vec![
        element("attachTime", &times).boxed(),
        element("deviceIndex", &["0", "1"]).boxed(),
    ]);
    let attachment = attachment.prop_map(|content| format!("<attachment>{content}</attachment>"));
    let state = element("name", &["running", "stopped", "terminated"]);
    let operator = mixed(vec![
        element("managed", &["true", "false"]).boxed(),
        element("principal", &["eks.amazonaws.com", "?"]).boxed(),
    ]);
    let operator = operator.prop_map(|content| format!("<operator>{content}</operator>"));
    let instance = (
        element("instanceId", &["i-1234567890abcdef0", "i-12345678"]),
        state.prop_map(|name| format!("<instanceState>{name}</instanceState>")),
        mixed(vec![
            element("launchTime", &times).boxed(),
            list("tagSet", tag).boxed(),
            list("networkInterfaceSet", mixed(vec![attachment.boxed()])).boxed(),
            operator.boxed(),
        ]),
    );
    let instance = instance.prop_map(|(id, state, rest)| format!("{id}{rest}{state}"));
    let reservation = mixed(vec![
        element("ownerId", &["123456789012", ""]).boxed(),
        list("instancesSet", instance).boxed(),
    ]);
    mixed(vec![
        list("reservationSet", reservation).boxed(),
        element("nextToken", &["token", "a&amp;b"]).boxed(),
    ])
    .prop_map(|content| format!("<DescribeInstancesResponse>{content}</DescribeInstancesResponse>"))
}

proptest! {
    #[test]
    fn the_sdk_reads_the_same_of_any_lean_answer(answer in answer(), size in 1_usize..200) {
        let client = client(move |_| ok(SdkBody::from_body_1_x(Pieces::of(&answer, size))));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let (lean, plain) = runtime.block_on(async {
            (page(&client, Retries::Caller).await, plain_page(&client).await)
        });
        prop_assert!(plain.is_ok(), "{plain:?}");
        prop_assert_eq!(lean, plain);
    }
}

#[test]
fn the_sdk_can_name_it() {
    assert_eq!(LeanAnswer.name(), "LeanAnswer");
}
