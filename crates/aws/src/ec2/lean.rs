//! A lean `DescribeInstances`: what we don't read is dropped as it arrives.
//!
//! EC2 sends 6 to 12 KB for each instance, and the SDK keeps a whole page in memory to parse it. So the SDK gets a
//! document without the rest, and works as always otherwise.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use aws_sdk_ec2::config::interceptors::BeforeDeserializationInterceptorContextMut;
use aws_sdk_ec2::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_ec2::error::BoxError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body::{Body, Frame};

use self::filter::{Filter, Keep};

mod filter;

/// What `ec2.rs` reads of an answer. Everything outside the reservations is kept, such as the token of the next page.
static ANSWER: Keep = Keep::All(&[("DescribeInstancesResponse", RESPONSE)]);
const RESPONSE: Keep = Keep::All(&[("reservationSet", Keep::Only(&[("item", RESERVATION)]))]);
const RESERVATION: Keep = Keep::Only(&[("ownerId", WHOLE), ("instancesSet", INSTANCES)]);
const INSTANCES: Keep = Keep::Only(&[("item", INSTANCE)]);
const INSTANCE: Keep = Keep::Only(&[
    ("instanceId", WHOLE),
    ("instanceState", Keep::Only(&[("name", WHOLE)])),
    ("reason", WHOLE),
    ("launchTime", WHOLE),
    ("tagSet", Keep::Only(&[("item", TAG)])),
    ("networkInterfaceSet", Keep::Only(&[("item", INTERFACE)])),
    (
        "operator",
        Keep::Only(&[("managed", WHOLE), ("principal", WHOLE)]),
    ),
    ("instanceType", WHOLE),
    ("placement", Keep::Only(&[("availabilityZone", WHOLE)])),
    ("imageId", WHOLE),
    ("iamInstanceProfile", Keep::Only(&[("arn", WHOLE)])),
    ("vpcId", WHOLE),
    ("subnetId", WHOLE),
]);
const TAG: Keep = Keep::Only(&[("key", WHOLE), ("value", WHOLE)]);
const INTERFACE: Keep = Keep::Only(&[("attachment", ATTACHMENT)]);
const ATTACHMENT: Keep = Keep::Only(&[("attachTime", WHOLE), ("deviceIndex", WHOLE)]);
const WHOLE: Keep = Keep::All(&[]);

/// Makes the SDK read the lean answer. Only for the operation `DescribeInstances`.
///
/// If a document ends early or its tags don't match, the call fails like a broken connection, and the SDK retries. On
/// its own, the SDK would read fewer instances without an error.
#[derive(Debug)]
pub struct LeanAnswer;

impl Intercept for LeanAnswer {
    fn name(&self) -> &'static str {
        "LeanAnswer"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response_mut();
        if response.status().is_success() {
            let inner = std::mem::replace(response.body_mut(), SdkBody::taken());
            let filter = Filter::new(&ANSWER);
            *response.body_mut() = SdkBody::from_body_1_x(LeanBody { inner, filter });
        }
        Ok(())
    }
}

/// A response body without what the filter drops.
struct LeanBody {
    inner: SdkBody,
    filter: Filter,
}

impl Body for LeanBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Self { inner, filter } = self.get_mut();
        loop {
            let Some(frame) = ready!(Pin::new(&mut *inner).poll_frame(context)?) else {
                let end = filter.end().err();
                return Poll::Ready(end.map(|error| Err(error.into())));
            };
            let frame = match frame.into_data() {
                Ok(data) => {
                    let mut lean = Vec::new();
                    filter.push(&data, &mut lean)?;
                    if lean.is_empty() {
                        continue;
                    }
                    Frame::data(lean.into())
                }
                Err(trailers) => trailers,
            };
            return Poll::Ready(Some(Ok(frame)));
        }
    }
}

#[cfg(test)]
mod tests;
