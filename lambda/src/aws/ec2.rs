//! Amazon EC2: reading instances.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::config::http::HttpResponse;
use aws_sdk_ec2::error::SdkError;
use aws_sdk_ec2::operation::describe_instances::{DescribeInstancesError, DescribeInstancesOutput};
use aws_sdk_ec2::primitives::DateTime;
use aws_sdk_ec2::types::{Filter, InstanceNetworkInterface, InstanceNetworkInterfaceAttachment};
use aws_smithy_async::future::pagination_stream::PaginationStream;

use super::error::{CallError, Failure, from_sdk};
use crate::instance::{Instance, InstanceId, InstanceState};
use crate::timestamp::Timestamp;

const CALL: &str = "ec2:DescribeInstances";

/// The most instances of a page (`MaxResults`, Amazon EC2 API reference).
const PAGE_SIZE: i32 = 1_000;
/// The most values of a filter (`FilterLimitExceeded`, same source).
const MAX_FILTER_VALUES: usize = 200;

/// The instances of these ids that EC2 knows, in one call for each 200 ids.
///
/// It asks by the `instance-id` filter: that leaves out an id which EC2 does not know, where
/// `InstanceIds` would fail for all.
///
/// # Errors
/// The call failed, or answered something else than instances.
pub async fn describe(client: &Client, ids: &[InstanceId]) -> Result<Vec<Instance>, CallError> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(MAX_FILTER_VALUES) {
        let ids = ids.iter().map(InstanceId::as_str);
        let mut pages = Pages::new(client, filter("instance-id", ids));
        while let Some(page) = pages.next().await {
            found.append(&mut page?);
        }
    }
    Ok(found)
}

/// Every instance in these states, page by page.
#[must_use]
pub fn fleet(client: &Client, states: &[InstanceState]) -> Pages {
    let states = states.iter().map(|state| state.as_str());
    Pages::new(client, filter("instance-state-name", states))
}

fn filter<'a>(name: &str, values: impl Iterator<Item = &'a str>) -> Filter {
    Filter::builder()
        .name(name)
        .set_values(Some(values.map(str::to_owned).collect()))
        .build()
}

/// Pages of instances, read one at a time, so that memory does not grow with the fleet.
pub struct Pages(
    PaginationStream<
        Result<DescribeInstancesOutput, SdkError<DescribeInstancesError, HttpResponse>>,
    >,
);

impl Pages {
    fn new(client: &Client, filter: Filter) -> Self {
        let request = client.describe_instances().filters(filter);
        Self(request.into_paginator().page_size(PAGE_SIZE).send())
    }

    /// The next page, which may be empty; none after the last one.
    ///
    /// # Errors
    /// The call failed, or answered something else than instances.
    pub async fn next(&mut self) -> Option<Result<Vec<Instance>, CallError>> {
        let page = self.0.next().await?;
        Some(match page {
            Ok(output) => instances(output),
            Err(error) => Err(from_sdk(CALL, &error)),
        })
    }
}

fn instances(output: DescribeInstancesOutput) -> Result<Vec<Instance>, CallError> {
    output
        .reservations
        .unwrap_or_default()
        .into_iter()
        .flat_map(|reservation| {
            let account_id = reservation.owner_id;
            let instances = reservation.instances.unwrap_or_default().into_iter();
            instances.map(move |described| instance(account_id.clone(), described))
        })
        .collect()
}

fn instance(
    account_id: Option<String>,
    described: aws_sdk_ec2::types::Instance,
) -> Result<Instance, CallError> {
    let unusable = |what: &str, id: Option<&str>| CallError {
        call: CALL,
        failure: Failure::UnusableAnswer(format!("instance {} has {what}", id.unwrap_or("?"))),
    };
    let launched_at = launched_at(described.network_interfaces(), described.launch_time);
    let id = described.instance_id.as_deref();
    let state = described
        .state
        .and_then(|state| state.name)
        .and_then(|name| name.as_str().parse().ok())
        .ok_or_else(|| unusable("no known state", id))?;
    Ok(Instance {
        launched_at,
        id: id
            .and_then(|id| id.parse().ok())
            .ok_or_else(|| unusable("no valid id", id))?,
        account_id,
        state,
        tags: described
            .tags
            .unwrap_or_default()
            .into_iter()
            .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
            .collect(),
    })
}

/// When an instance was launched. Its own launch time changes at every start; that at which its
/// primary network interface was attached does not.
fn launched_at(
    interfaces: &[InstanceNetworkInterface],
    launch_time: Option<DateTime>,
) -> Option<Timestamp> {
    let attachments = interfaces.iter().filter_map(|it| it.attachment());
    let primary = attachments.filter(|attachment| attachment.device_index() == Some(0));
    let attached = primary.filter_map(InstanceNetworkInterfaceAttachment::attach_time);
    let time = attached.min().copied().or(launch_time)?;
    Timestamp::from_epoch_millis(time.to_millis().ok()?)
}
