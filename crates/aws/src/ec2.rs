//! Amazon EC2: reading instances.

use aws_sdk_ec2::config::retry::RetryConfig;
use aws_sdk_ec2::operation::describe_instances::DescribeInstancesOutput;
use aws_sdk_ec2::primitives::DateTime;
use aws_sdk_ec2::types::{Filter, InstanceNetworkInterface, InstanceNetworkInterfaceAttachment};
use aws_sdk_ec2::{Client, Config};
use tag_compliance_core::instance::{
    AccountId, Described, Instance, InstanceId, InstanceState, name_of_profile,
};
use tag_compliance_core::timestamp::Timestamp;

use self::lean::LeanAnswer;
use super::error::{CallError, Failure, from_sdk};

mod lean;
pub mod regions;

/// The call, by the name of its IAM action.
pub const CALL: &str = "ec2:DescribeInstances";

/// The most instances on a page (`MaxResults`, Amazon EC2 API reference).
const PAGE_SIZE: i32 = 1_000;
/// The most values in a filter (`FilterLimitExceeded`, same source).
pub const MAX_FILTER_VALUES: usize = 200;

/// Which instances to ask for.
#[derive(Debug, Clone)]
pub struct Query(Vec<Filter>);

impl Query {
    /// Those with these ids, at most 200, that EC2 knows. `*` and `?` in an id are wildcards.
    ///
    /// It uses the `instance-id` filter, which skips unknown ids. `InstanceIds` would fail for all of them.
    #[must_use]
    pub fn ids<'a>(ids: impl IntoIterator<Item = &'a str>) -> Self {
        Self(vec![filter("instance-id", ids)])
    }

    /// Those in these states.
    #[must_use]
    pub fn states(states: &[InstanceState]) -> Self {
        let states = states.iter().map(|state| state.as_str());
        Self(vec![filter("instance-state-name", states)])
    }

    /// Only those whose id also matches `id`, in which `*` stands for any characters.
    #[must_use]
    pub fn and_id(mut self, id: &str) -> Self {
        self.0.push(filter("instance-id", [id]));
        self
    }
}

fn filter<'a>(name: &str, values: impl IntoIterator<Item = &'a str>) -> Filter {
    Filter::builder()
        .name(name)
        .set_values(Some(values.into_iter().map(str::to_owned).collect()))
        .build()
}

/// A page of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// At most 1,000 instances. It may be empty although more pages follow.
    pub instances: Vec<Instance>,
    /// The token of the next page. None on the last one.
    pub next_token: Option<String>,
}

/// Who retries a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retries {
    /// The SDK, up to the client's limit.
    Sdk,
    /// The caller, who has to know of every failure.
    Caller,
}

/// One page of the instances that `query` asks for. `token` comes from the page before.
///
/// # Errors
/// The call failed, or its answer is unusable.
pub async fn page(
    client: &Client,
    query: &Query,
    token: Option<&str>,
    retries: Retries,
) -> Result<Page, CallError> {
    let mut request = client
        .describe_instances()
        .set_filters(Some(query.0.clone()))
        .max_results(PAGE_SIZE)
        // Otherwise EC2 hides instances that AWS services manage, which run and cost like any other.
        .include_managed_resources(true)
        .set_next_token(token.map(str::to_owned))
        .customize()
        .interceptor(LeanAnswer);
    if retries == Retries::Caller {
        let once = Config::builder().retry_config(RetryConfig::disabled());
        request = request.config_override(once);
    }
    let mut output = request
        .send()
        .await
        .map_err(|error| from_sdk(CALL, &error))?;
    // EC2 sends an empty token on some last pages.
    let next_token = output.next_token.take().filter(|token| !token.is_empty());
    if next_token.is_some() && next_token.as_deref() == token {
        return Err(unusable("the next page is the same one".to_owned()));
    }
    Ok(Page {
        instances: instances(output)?,
        next_token,
    })
}

/// The instances with these ids that EC2 knows, with one call for each 200 ids.
///
/// # Errors
/// As [`page`].
pub async fn describe(client: &Client, ids: &[InstanceId]) -> Result<Vec<Instance>, CallError> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(MAX_FILTER_VALUES) {
        let query = Query::ids(ids.iter().map(InstanceId::as_str));
        let mut pages = Pages::new(client, query);
        while let Some(mut instances) = pages.next().await? {
            found.append(&mut instances);
        }
    }
    Ok(found)
}

/// The pages of an answer, one at a time, so that memory doesn't grow with the fleet.
#[derive(Debug)]
pub struct Pages<'a> {
    client: &'a Client,
    query: Query,
    next: Next,
}

#[derive(Debug)]
enum Next {
    First,
    Token(String),
    None,
}

impl<'a> Pages<'a> {
    /// All pages of a query.
    #[must_use]
    pub fn new(client: &'a Client, query: Query) -> Self {
        Self {
            client,
            query,
            next: Next::First,
        }
    }

    /// The next page, which may be empty. None after the last one.
    ///
    /// # Errors
    /// As [`page`].
    pub async fn next(&mut self) -> Result<Option<Vec<Instance>>, CallError> {
        let token = match &self.next {
            Next::First => None,
            Next::Token(token) => Some(token.as_str()),
            Next::None => return Ok(None),
        };
        let page = page(self.client, &self.query, token, Retries::Sdk).await?;
        self.next = page.next_token.map_or(Next::None, Next::Token);
        Ok(Some(page.instances))
    }
}

fn instances(output: DescribeInstancesOutput) -> Result<Vec<Instance>, CallError> {
    output
        .reservations
        .unwrap_or_default()
        .into_iter()
        .flat_map(|reservation| {
            let account_id = reservation.owner_id.and_then(|id| id.parse().ok());
            let instances = reservation.instances.unwrap_or_default().into_iter();
            instances.map(move |described| instance(account_id.clone(), described))
        })
        .collect()
}

fn unusable(what: String) -> CallError {
    CallError {
        call: CALL,
        failure: Failure::UnusableAnswer(what),
    }
}

fn instance(
    account_id: Option<AccountId>,
    described: aws_sdk_ec2::types::Instance,
) -> Result<Instance, CallError> {
    let without = |what: &str, id: Option<&str>| {
        unusable(format!("instance {} has {what}", id.unwrap_or("?")))
    };
    let launched_at = launched_at(described.network_interfaces(), described.launch_time);
    let id = described.instance_id.as_deref();
    let state: InstanceState = described
        .state
        .and_then(|state| state.name)
        .and_then(|name| name.as_str().parse().ok())
        .ok_or_else(|| without("no known state", id))?;
    let operator = described
        .operator
        .filter(|operator| operator.managed == Some(true))
        .and_then(|operator| operator.principal?.parse().ok());
    let reason = described
        .state_transition_reason
        .filter(|_| state.is_ending());
    let profile = described.iam_instance_profile.and_then(|it| it.arn);
    Ok(Instance {
        described: Described {
            instance_type: described.instance_type.map(|it| it.as_str().to_owned()),
            availability_zone: described.placement.and_then(|it| it.availability_zone),
            image_id: described.image_id,
            instance_profile: profile.as_deref().map(name_of_profile),
            vpc_id: described.vpc_id,
            subnet_id: described.subnet_id,
        },
        launched_at,
        ended_at: reason.as_deref().and_then(time_of_reason),
        id: id
            .and_then(|id| id.parse().ok())
            .ok_or_else(|| without("no valid id", id))?,
        account_id,
        state,
        operator,
        tags: described
            .tags
            .unwrap_or_default()
            .into_iter()
            .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
            .collect(),
    })
}

/// When an instance was first launched. Its launch time changes at every start; the time at which its primary network
/// interface was attached doesn't.
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

/// The time in the reason of an instance's last state change, such as `User initiated (2025-12-03 10:00:00 GMT)`.
fn time_of_reason(reason: &str) -> Option<Timestamp> {
    let (_, time) = reason.strip_suffix(" GMT)")?.rsplit_once('(')?;
    let (day, time) = time.split_once(' ')?;
    format!("{day}T{time}Z").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_of_a_termination_may_hold_its_time() {
        for (reason, time) in [
            (
                "User initiated (2026-01-02 10:00:01 GMT)",
                Some("2026-01-02T10:00:01Z"),
            ),
            (
                "Server.SpotInstanceTermination: Spot Instance termination",
                None,
            ),
            ("User initiated (2026-01-02 GMT)", None),
            ("User initiated (2026-01-02 25:00:00 GMT)", None),
            ("User initiated 2026-01-02 10:00:01 GMT)", None),
            ("", None),
        ] {
            let time = time.map(|time| time.parse().unwrap());
            assert_eq!(time_of_reason(reason), time, "{reason}");
        }
    }
}
